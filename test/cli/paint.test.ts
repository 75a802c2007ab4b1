import { expect, test } from "vitest";
import { paint, wantsColour } from "../../src/cli/paint.ts";

test.each([
  [{}, true, true],
  [{}, false, false],
  [{ TERM: "dumb" }, true, false],
  [{ NO_COLOR: "1" }, true, false],
  [{ NO_COLOR: "" }, true, true],
  [{ FORCE_COLOR: "1" }, false, true],
  [{ FORCE_COLOR: "" }, false, true],
  [{ FORCE_COLOR: "0" }, true, false],
  [{ FORCE_COLOR: "false" }, true, false],
  [{ FORCE_COLOR: "1", NO_COLOR: "1" }, false, true],
])("with %o, on a terminal: %s, colour is wanted: %s", (env, isTerminal, wanted) => {
  expect(wantsColour(env, isTerminal)).toBe(wanted);
});

test("a word is painted where it is said to stand, and only one that has a colour", () => {
  const io = { stdout() {}, stderr() {}, isColoured: true, env: {}, cwd: "/", stdin: async () => new Uint8Array() };
  const place = /^( {2})([a-z]+)(?= )/gm;
  expect(paint(io, "  looser looser\n  renamed x\nlooser x\n", place)).toBe(
    "  \u001b[31mlooser\u001b[0m looser\n  renamed x\nlooser x\n",
  );
  expect(paint({ ...io, isColoured: false }, "  looser x\n", place)).toBe("  looser x\n");
});
