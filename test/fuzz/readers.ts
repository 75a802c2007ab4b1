// Other readers of JSON-RPC, modelled: which member each of them takes for a key. What the gate accepts must mean the same to
// all of them.
import { documentsIn } from "../fixtures/lib/gullible-json.mjs";
import type { Form } from "./python.ts";

type Members = readonly (readonly [string, Form])[];
type Reader = { readonly name: string; readonly get: (members: Members, key: string) => Form | undefined };

/** The form that a reader which takes everything finds in a text; undefined where it finds several values or none. */
export function lenientForm(text: string): Form | undefined {
  const [document, ...more] = documentsIn(text);
  return more.length > 0 || document === undefined ? undefined : formOf(document);
}

type Lenient = string | { text: string } | { members: [string, Lenient][] } | Lenient[];

function formOf(value: Lenient): Form {
  if (typeof value === "string") return ["s", value];
  if (Array.isArray(value)) return ["a", value.map(formOf)];
  if ("members" in value) return ["o", value.members.map(([key, child]) => [key, formOf(child)] as const)];
  return [/^[-\d]/.test(value.text) ? "n" : "l", value.text];
}

/** How Go's encoding/json compares keys. */
function goFold(key: string): string {
  return key.replaceAll("ſ", "s").replaceAll("\u212a", "k").toLowerCase();
}

const last = (members: Members, isIt: (key: string) => boolean) => members.findLast(([key]) => isIt(key))?.[1];

export const READERS: readonly Reader[] = [
  { name: "the last member, exactly", get: (members, key) => last(members, (own) => own === key) },
  { name: "the first member, exactly", get: (members, key) => members.find(([own]) => own === key)?.[1] },
  { name: "Go's encoding/json", get: (members, key) => last(members, (own) => goFold(own) === goFold(key)) },
  { name: "a reader in C", get: (members, key) => last(members, (own) => own.split("\0", 1)[0] === key) },
  {
    name: "models that are filled by field name",
    get: (members, key) => last(members, (own) => own === key || own === snake(key)),
  },
  {
    name: "a reader that normalises keys",
    get: (members, key) => last(members, (own) => own.normalize("NFKC") === key),
  },
];

function snake(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

export function membersOf(form: Form | undefined): Members | undefined {
  return form?.[0] === "o" ? form[1] : undefined;
}
