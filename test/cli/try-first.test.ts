// What a gate that has just started names to be tried first, of the shipped policy.
import { expect, test } from "vitest";
import { describeFirstTries } from "../../src/cli/try-first.ts";
import { loadShippedPolicy } from "../policy/support.ts";

test("is nothing that a server lists to some clients only", async () => {
  const { current } = await loadShippedPolicy();
  expect(current.catalogue.everything?.tools["get-roots-list"]).toMatchObject({
    listed_to: "clients that declare roots",
    parameters: {},
  });
  expect(describeFirstTries(current, "everything")).toMatch(
    /^get-tiny-image passes, [a-z-]+ passes \d+ times per \d+ s, get-env is refused$/,
  );
});

test("is nothing for a server that the catalogue does not know", async () => {
  expect(describeFirstTries((await loadShippedPolicy()).current, "nobody")).toBeUndefined();
});
