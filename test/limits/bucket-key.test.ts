import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CATEGORIES } from "../../src/gate/types.ts";
import { bucketKey, type Countable, MAX_KEY_LENGTH, readBucketKey } from "../../src/limits/bucket-key.ts";

const CALL = {
  server: "files",
  tool: "write_file",
  method: "tools/call",
  category: "Write",
  session: "s1",
  principal: "ann",
} as const;

/** Whether a change of one part of the call makes it another bucket. */
function tellsApart(per: "session" | "principal" | "everyone", over: "tool" | "category" | "server" | "all"): string[] {
  const one = bucketKey({ rule: "r/1", per, over }, CALL);
  const changes: Record<string, Partial<Countable>> = {
    server: { server: "other" },
    tool: { tool: "other" },
    category: { category: "Read" },
    session: { session: "other" },
    principal: { principal: "other" },
  };
  return Object.keys(changes).filter(
    (part) => bucketKey({ rule: "r/1", per, over }, { ...CALL, ...changes[part] }) !== one,
  );
}

describe("whose bucket it is", () => {
  test("a session's bucket belongs to one session of one principal", () => {
    expect(tellsApart("session", "all")).toEqual(["session", "principal"]);
  });

  test("a principal's bucket is the same in all of its sessions", () => {
    expect(tellsApart("principal", "all")).toEqual(["principal"]);
  });

  test("a bucket of everyone is the same for each principal and session", () => {
    expect(tellsApart("everyone", "all")).toEqual([]);
  });
});

describe("what it counts", () => {
  test("a tool's bucket counts one tool of one server", () => {
    expect(tellsApart("everyone", "tool")).toEqual(["server", "tool"]);
  });

  test("a category's bucket counts one category of one server", () => {
    expect(tellsApart("everyone", "category")).toEqual(["server", "category"]);
  });

  test("a server's bucket counts all calls of one server", () => {
    expect(tellsApart("everyone", "server")).toEqual(["server"]);
  });

  test("requests without a tool are counted by their method, apart from a tool of that name", () => {
    const rule = { rule: "r/1", per: "everyone", over: "tool" } as const;
    const { tool: _, ...plain } = CALL;
    const read = bucketKey(rule, { ...plain, method: "resources/read" });
    expect(read).not.toBe(bucketKey(rule, { ...plain, method: "prompts/get" }));
    expect(read).not.toBe(bucketKey(rule, { ...CALL, tool: "resources/read" }));
  });

  test("two rules never share a bucket", () => {
    const of = (rule: string) => bucketKey({ rule, per: "session", over: "tool" }, CALL);
    expect(of("policy.a/x")).not.toBe(of("policy.b/x"));
  });
});

/** Texts that look like the delimiters of whatever the key may be written in. */
const part = fc.constantFrom("", "a", ",", "a,a", '"', '","', 'a","a', "\\", "\u0000", "\ud800");
const call = fc.record(
  { server: part, tool: part, method: part, category: fc.constantFrom(...CATEGORIES), session: part, principal: part },
  { requiredKeys: ["server", "method", "category", "session", "principal"] },
);
const rule = fc.record({
  rule: part,
  per: fc.constantFrom("session", "principal", "everyone"),
  over: fc.constantFrom("tool", "category", "server", "all"),
});
/** A call, and another that differs from it in a few parts. */
const calls = fc.tuple(
  call,
  fc.record({ server: part, tool: part, session: part, principal: part }, { requiredKeys: [] }),
);

test("no text in any part makes two different buckets one", () => {
  fc.assert(
    fc.property(rule, calls, (one, [callA, change]) => {
      const callB = { ...callA, ...change };
      const same = JSON.stringify(meaning(one, callA)) === JSON.stringify(meaning(one, callB));
      expect(bucketKey(one, callA) === bucketKey(one, callB)).toBe(same);
    }),
    { numRuns: 20_000 },
  );
});

test("parts that are named like the words of a key are not taken for them", () => {
  const ofSession = bucketKey({ rule: "r", per: "session", over: "all" }, { ...CALL, session: "server" });
  const ofServer = bucketKey({ rule: "r", per: "principal", over: "server" }, { ...CALL, server: "all" });
  expect(ofSession).not.toBe(ofServer);
});

/** What a bucket is for, spelt out with a name for each part. */
function meaning(limit: Parameters<typeof bucketKey>[0], of: Countable): unknown {
  const session = limit.per === "session" ? { session: of.session, principal: of.principal } : {};
  const principal = limit.per === "principal" ? { principal: of.principal } : {};
  const tool = limit.over === "tool" ? (of.tool === undefined ? { method: of.method } : { tool: of.tool }) : {};
  const category = limit.over === "category" ? { category: of.category } : {};
  const server = limit.over === "all" ? {} : { server: of.server };
  return { ...limit, ...session, ...principal, ...server, ...tool, ...category };
}

test("a name as long as a request makes a short key that is still its own", () => {
  const of = (tool: string) => bucketKey({ rule: "r/1", per: "session", over: "tool" }, { ...CALL, tool });
  const long = "x".repeat(1_000_000);
  expect(of(long).length).toBeLessThanOrEqual(MAX_KEY_LENGTH);
  expect(of(`${long}y`)).not.toBe(of(long));
});

test("a long key has the same name in every version: a bucket of before is found again", () => {
  const tool = "é".repeat(600);
  const key = JSON.stringify(["r/1", "session", "ann", "s1", "tool", "files", "tool", tool]);
  const found = bucketKey({ rule: "r/1", per: "session", over: "tool" }, { ...CALL, tool });
  expect(found).toBe(`sha256:${createHash("sha256").update(key).digest("hex")}`);
});

test("a call with a long name is not kept, though its key says nothing of the name", async () => {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("there is no gc");
  const keyed = (tool: string, session: string): WeakRef<Countable> => {
    const call = { ...CALL, tool, session };
    bucketKey({ rule: "r/kept", per: "session", over: "all" }, call);
    return new WeakRef(call);
  };
  const [long, short] = [keyed("x".repeat(1_000_000), "kept 1"), keyed("x", "kept 2")];
  await sleep(0);
  collect();
  expect([long.deref() === undefined, short.deref() === undefined]).toEqual([true, false]);
});

describe("a key that is read back", () => {
  test.each([
    ["session", "tool", { principal: "ann", session: "s-1", server: "files", what: "write" }],
    ["principal", "category", { principal: "ann", session: undefined, server: "files", what: "Write" }],
    ["principal", "all", { principal: "ann", session: undefined, server: undefined, what: undefined }],
    ["everyone", "server", { principal: undefined, session: undefined, server: "files", what: undefined }],
  ] as const)("says whose bucket it is and what it counts: per %s over %s", (per, over, rest) => {
    const rule = 'policy.servers["a.b"]/few';
    const call = {
      server: "files",
      tool: "write",
      method: "tools/call",
      category: "Write",
      session: "s-1",
      principal: "ann",
    } as const;
    expect(readBucketKey(bucketKey({ rule, per, over }, call))).toEqual({ rule, per, over, ...rest });
  });

  test("says nothing where it is a hash, or no key", () => {
    const call = { server: "x".repeat(600), method: "m", category: "Read", session: "s", principal: "p" } as const;
    expect(readBucketKey(bucketKey({ rule: "r", per: "session", over: "server" }, call))).toBeUndefined();
    for (const key of ["", "[]", '["r","session","p"]', '["r","everyone","nope"]', '["r",1]'])
      expect(readBucketKey(key)).toBeUndefined();
  });
});
