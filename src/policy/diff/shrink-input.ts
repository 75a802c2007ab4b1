// Makes the input that shows a change smaller: leaves out arguments as long as the change stays the same. What is left is what
// matters for it.
import { listMembers, replaceMember, sliceMember } from "../json-member.ts";

type Inputs = { readonly base: string; readonly head: string };

/** @param isSame whether smaller inputs show the same change */
export function shrinkInputs(inputs: Inputs, isSame: (inputs: Inputs) => boolean): Inputs {
  const field = sliceMember(inputs.head, "args") === undefined ? "params" : "args";
  let smallest = inputs;
  for (const key of keysOf(inputs.head, field)) {
    const smaller = { base: without(smallest.base, field, key), head: without(smallest.head, field, key) };
    if (smaller.head !== smallest.head && isSame(smaller)) smallest = smaller;
  }
  return smallest;
}

function keysOf(inputText: string, field: string): readonly string[] {
  const given = sliceMember(inputText, field);
  return given?.startsWith("{") === true ? listMembers(given).map(({ key }) => key) : [];
}

function without(inputText: string, field: string, key: string): string {
  const given = sliceMember(inputText, field) ?? "{}";
  const kept = listMembers(given).filter((member) => member.key !== key);
  const members = kept.map((member) => `${JSON.stringify(member.key)}:${given.slice(member.start, member.end)}`);
  return replaceMember(inputText, field, `{${members.join(",")}}`);
}
