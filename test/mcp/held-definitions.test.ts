import { describe, expect, test } from "vitest";
import { createHeldDefinitions } from "../../src/mcp/held-definitions.ts";

const tool = (name: string, text = `{"name":"${name}"}`) => ({ name, text, sha256: `hash of ${name}` });

describe("a definition", () => {
  test("is held once for all that hold it, as it was received, and counted once", () => {
    const shelf = createHeldDefinitions();
    const first = shelf.hold(tool("a", '{ "name": "a", "n": 1.0 }'));
    expect(first.definition).toEqual({ sha256: "hash of a", text: '{ "name": "a", "n": 1.0 }' });
    // another order of keys, the same canonical form
    expect(shelf.hold(tool("a", '{"n": 1.0, "name": "a"}'))).toBe(first);
    expect(shelf.characters).toBe(first.definition.text.length);
    expect(shelf.holds("hash of a")).toBe(true);
  });

  test("is gone when the last one releases it", () => {
    const shelf = createHeldDefinitions();
    const first = shelf.hold(tool("a"));
    shelf.hold(tool("b"));
    shelf.hold(tool("a"));
    shelf.release(first);
    expect(shelf.holds("hash of a")).toBe(true);
    shelf.release(first);
    expect(shelf.holds("hash of a")).toBe(false);
    expect(shelf.characters).toBe(tool("b").text.length);
    expect(() => shelf.release(first)).toThrow("nobody holds");
  });

  test("keeps every character, those beyond the basic plane too", () => {
    const text = '{"name":"a","description":"\u00e9\u202e\ud83d\ude00"}';
    expect(createHeldDefinitions().hold(tool("a", text)).definition.text).toBe(text);
  });
});
