// What is frozen, for whom, until when; and that nothing but a thaw ends it.
import { describe, expect, test } from "vitest";
import { createFreezes, type FreezeStore, MAX_FREEZES } from "../../src/freeze/freeze.ts";
import type { Call } from "../../src/gate/types.ts";

const SERVERS = new Map([
  ["files", "filesystem"],
  ["pay", "stripe"],
]);

function start(store: FreezeStore = new Map(), log: string[] = []) {
  return createFreezes({ store, servers: SERVERS, unixMs: () => 1_700_000_000_000, log: (line) => log.push(line) });
}

function callOf(change: Partial<Call> & { readonly principalId?: string } = {}): Call {
  const { principalId = "ann", ...more } = change;
  const principal = { id: principalId, groups: [], claims: {} };
  return {
    server: "filesystem",
    direction: "to_server",
    method: "tools/call",
    tool: "t",
    session: "s",
    principal,
    ...more,
  };
}

describe("a principal that the gate does not have", () => {
  const known = (principals: readonly string[], store: FreezeStore = new Map()) =>
    createFreezes({ store, servers: SERVERS, principals, unixMs: () => 1_700_000_000_000, log: () => {} });

  test("is no one to freeze: whoever mistypes a name learns it", () => {
    expect(known(["ann", "bob"]).freeze({ principal: "anm" }, "operator")).toEqual({
      kind: "refused",
      problem: "no principal of this name; this gate has ann, bob",
    });
    const many = Array.from({ length: 22 }, (_, n) => `p${n}`);
    expect(known(many).freeze({ principal: "x" }, "operator")).toMatchObject({
      problem: expect.stringMatching(/p19 and 2 more$/),
    });
    expect(known(["ann"]).freeze({ principal: "ann" }, "operator")).toMatchObject({ kind: "done" });
  });

  test("may be anyone of an issuer's, for nobody knows who has a token, and no one of an issuer that there is not", () => {
    const freezes = createFreezes({
      store: new Map(),
      servers: SERVERS,
      principals: ["ann"],
      issuers: ["corp"],
      unixMs: () => 0,
      log: () => {},
    });
    for (const principal of ["corp:", "corp", "copr:bob", "bob"]) {
      expect(freezes.freeze({ principal }, "operator"), principal).toEqual({
        kind: "refused",
        problem: "no principal of this name; this gate has ann, corp:SUBJECT",
      });
    }
    expect(freezes.freeze({ principal: "corp:bob" }, "operator")).toMatchObject({ kind: "done" });
    expect(freezes.frozen(callOf({ principalId: "corp:bob" }))).toMatch("corp:bob");
    expect(freezes.frozen(callOf({ principalId: "corp:ann" }))).toBeUndefined();
  });

  test("is thawed all the same", () => {
    const store: FreezeStore = new Map();
    known(["ann"], store).freeze({ principal: "ann" }, "operator");
    expect(known(["bob"], store).thaw({ principal: "ann" }, "operator")).toMatchObject({ kind: "done", frozen: [] });
  });
});

describe("nothing frozen", () => {
  test("refuses nothing", () => {
    expect(start().frozen(callOf())).toBeUndefined();
  });
});

describe("all calls frozen", () => {
  test("covers every server and principal, and says so to the agent", () => {
    const freezes = start();
    expect(freezes.freeze({}, "operator")).toMatchObject({
      kind: "done",
      frozen: [{ sinceUnixMs: 1_700_000_000_000 }],
    });
    for (const call of [callOf(), callOf({ server: "stripe", principalId: "bob" })]) {
      expect(freezes.frozen(call)).toBe("All calls are frozen by an operator");
    }
  });

  test.each(["resources/read", "prompts/get", "completion/complete", "tasks/get", "what/ever"])(
    "covers %s",
    (method) => {
      const freezes = start();
      freezes.freeze({}, "operator");
      expect(freezes.frozen(callOf({ method }))).toBeDefined();
    },
  );

  test("covers what a server asks of its client", () => {
    const freezes = start();
    freezes.freeze({}, "operator");
    expect(freezes.frozen(callOf({ method: "sampling/createMessage", direction: "from_server" }))).toBeDefined();
  });

  test.each([
    "initialize",
    "ping",
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "notifications/cancelled",
  ])("leaves %s alone", (method) => {
    const freezes = start();
    freezes.freeze({}, "operator");
    expect(freezes.frozen(callOf({ method }))).toBeUndefined();
  });
});

describe("a freeze of some calls", () => {
  test("covers one server, named by its key or in the catalogue", () => {
    for (const server of ["files", "filesystem"]) {
      const freezes = start();
      freezes.freeze({ server }, "operator");
      expect(freezes.frozen(callOf())).toBe("Calls to filesystem are frozen by an operator");
      expect(freezes.frozen(callOf({ server: "stripe" }))).toBeUndefined();
    }
  });

  test("covers one principal on all servers, or on one", () => {
    const freezes = start();
    freezes.freeze({ principal: "ann" }, "operator");
    freezes.freeze({ server: "pay", principal: "bob" }, "operator");
    expect(freezes.frozen(callOf())).toBe("Calls of ann are frozen by an operator");
    expect(freezes.frozen(callOf({ principalId: "bob" }))).toBeUndefined();
    expect(freezes.frozen(callOf({ principalId: "bob", server: "stripe" }))).toBe(
      "Calls of bob to stripe are frozen by an operator",
    );
  });

  test("is there once, however often it is asked for", () => {
    const freezes = start();
    freezes.freeze({ server: "files" }, "operator");
    freezes.freeze({ server: "filesystem" }, "operator");
    expect(freezes.list()).toHaveLength(1);
  });

  test.each([
    [{ server: "nope" }, "no server of this name; this gate has files, pay"],
    [{ principal: "" }, "a principal's name has 1 to 400 characters"],
    [{ principal: "p".repeat(401) }, "a principal's name has 1 to 400 characters"],
  ])("is refused for %j", (scope, problem) => {
    const freezes = start();
    expect(freezes.freeze(scope, "operator")).toEqual({ kind: "refused", problem });
    expect(freezes.list()).toEqual([]);
  });

  test("is refused beyond a bound, so that a loop of freezes fills no memory", () => {
    const freezes = start();
    for (let n = 0; n < MAX_FREEZES; n++) freezes.freeze({ principal: `p${n}` }, "operator");
    expect(freezes.freeze({ principal: "one more" }, "operator")).toMatchObject({ kind: "refused" });
    expect(freezes.list()).toHaveLength(MAX_FREEZES);
  });
});

describe("a thaw", () => {
  test("ends exactly one freeze, or all", () => {
    const freezes = start();
    for (const scope of [{}, { server: "files" }, { principal: "ann" }]) freezes.freeze(scope, "operator");
    freezes.thaw({}, "operator");
    expect(freezes.list()).toMatchObject([{ server: "filesystem" }, { principal: "ann" }]);
    freezes.thaw({ server: "files" }, "operator");
    expect(freezes.list()).toMatchObject([{ principal: "ann" }]);
    freezes.freeze({}, "operator");
    expect(freezes.thawAll("operator")).toEqual({ kind: "done", frozen: [] });
    expect(freezes.frozen(callOf())).toBeUndefined();
  });

  test("of what is not frozen by itself says what is", () => {
    const freezes = start();
    freezes.freeze({}, "operator");
    expect(freezes.thaw({ server: "files" }, "operator")).toEqual({
      kind: "refused",
      problem: "Calls to filesystem are not frozen by themselves; frozen: All calls",
    });
    expect(freezes.list()).toHaveLength(1);
  });
});

describe("the state", () => {
  test("keeps freezes over restarts, and thaws too", () => {
    const store = new Map<string, string>();
    const first = start(store);
    first.freeze({ server: "files", principal: "ann" }, "operator");
    first.freeze({ principal: "bob" }, "corp:boss");
    expect(start(store).list()).toEqual(first.list());
    expect(first.list().map(({ by }) => by)).toEqual(["operator", "corp:boss"]);
    start(store).thawAll("operator");
    expect(start(store).list()).toEqual([]);
    expect(store.size).toBe(0);
  });

  test("that an earlier version wrote does not say who", () => {
    const freezes = start(new Map([["frozen", '[{"principal": "bob", "since_unix_ms": 7}]']]));
    expect(freezes.list()).toEqual([{ server: undefined, principal: "bob", sinceUnixMs: 7, by: undefined }]);
  });

  test.each(["", "{", "[]x", '[{"server": 1, "since_unix_ms": 0}]', '[{"since_unix_ms": "x"}]', '{"a": 1}'])(
    "that can't be read freezes everything: %s",
    (text) => {
      const log: string[] = [];
      const freezes = start(new Map([["frozen", text]]), log);
      expect(freezes.frozen(callOf())).toBe("All calls are frozen by an operator");
      expect(log).toEqual([expect.stringContaining("can't be read from the state, so all calls are frozen")]);
    },
  );

  test("that can't be written freezes all the same, and says that a restart won't know of it", () => {
    const failing: FreezeStore = {
      get: () => undefined,
      set: () => {
        throw new Error("disk full");
      },
      delete: () => {},
    };
    const freezes = start(failing);
    expect(freezes.freeze({}, "operator")).toMatchObject({
      kind: "done",
      unkept: "it holds until a restart, for it can't be kept: disk full",
    });
    expect(freezes.frozen(callOf())).toBeDefined();
  });
});

test("who listens is told of each change, until they end it", () => {
  const freezes = start();
  let told = 0;
  const end = freezes.onChange(() => {
    told += 1;
  });
  freezes.freeze({}, "operator");
  freezes.thawAll("operator");
  expect(told).toBe(2);
  end();
  freezes.freeze({}, "operator");
  expect(told).toBe(2);
});
