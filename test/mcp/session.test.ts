import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSessions, isSealable, MAX_UPSTREAM_ID_BYTES, type SessionOptions } from "../../src/mcp/session.ts";

const KEY = new Uint8Array(32).fill(7);
const OWNER = { server: "files", principal: "agent-1" };
const LIFETIME = 86_400;
const BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** A gate's sessions with a clock that a test moves, and what it ended. */
function sessionsAt(startUnixMs: number, options: Partial<SessionOptions> = {}) {
  const clock = { unixMs: startUnixMs };
  const endedUntil = new Map<string, number>();
  const sessions = createSessions({
    key: KEY,
    unixMs: () => clock.unixMs,
    lifetimeSeconds: LIFETIME,
    ended: {
      has: (name) => endedUntil.has(name),
      add: (name, expires) => void endedUntil.set(name, expires),
    },
    ...options,
  });
  return { sessions, clock, endedUntil };
}

const NOW = 1_800_000_000_000;
const { sessions } = sessionsAt(NOW);
const sealed = sessions.seal({ ...OWNER, upstreamId: "up-12" });

const problemOf = (id: string, owner = OWNER, of = sessions) => {
  const opened = of.open(id, owner);
  return opened.kind === "open" ? "open" : opened.problem;
};

describe("a sealed session", () => {
  test("opens for its owner, with its name and the upstream's id", () => {
    expect(sessions.open(sealed.id, OWNER)).toEqual({ kind: "open", name: sealed.name, upstreamId: "up-12" });
  });

  test("opens after a restart with the same key", () => {
    expect(sessionsAt(NOW).sessions.open(sealed.id, OWNER).kind).toBe("open");
  });

  test("opens for any owner and upstream id that it was sealed for, and for no other owner", () => {
    const name = fc.string({ unit: "binary", maxLength: 20 });
    const upstreamId = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
    });
    fc.assert(
      fc.property(name, name, upstreamId, name, name, (server, principal, id, otherServer, otherPrincipal) => {
        const own = { server, principal };
        const other = { server: otherServer, principal: otherPrincipal };
        const session = sessions.seal({ ...own, upstreamId: id });
        expect(sessions.open(session.id, own)).toEqual({ kind: "open", name: session.name, upstreamId: id });
        const isOwner = server === otherServer && principal === otherPrincipal;
        expect(sessions.open(session.id, other).kind).toBe(isOwner ? "open" : "unknown");
      }),
    );
  });

  test("has an id of visible ASCII that no header is too small for, and a name of 32 hexadecimal digits", () => {
    const longest = sessions.seal({ ...OWNER, upstreamId: "x".repeat(MAX_UPSTREAM_ID_BYTES) });
    expect(sessions.open(longest.id, OWNER).kind).toBe("open");
    expect(longest.id).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(longest.id.length).toBeLessThan(3_000);
    expect(sealed.name).toMatch(/^[0-9a-f]{32}$/);
  });

  test("may be part of another, whose name it has then: for its own owner only, and ended with it", () => {
    const { sessions: own } = sessionsAt(NOW);
    const part = own.seal({ ...OWNER, upstreamId: "up-13", name: sealed.name });
    expect(part.name).toBe(sealed.name);
    expect(part.id).not.toBe(sealed.id);
    expect(own.open(part.id, OWNER)).toEqual({ kind: "open", name: sealed.name, upstreamId: "up-13" });
    expect(own.open(part.id, { ...OWNER, server: "" }).kind).toBe("unknown");
    own.end(sealed.name);
    expect(own.open(part.id, OWNER).kind).toBe("unknown");
    for (const name of ["", "ab", `${sealed.name}00`, "g".repeat(32)])
      expect(() => own.seal({ ...OWNER, upstreamId: "up", name })).toThrow("32 hexadecimal digits");
  });

  test("shows neither the upstream's id nor its own name in its id", () => {
    const raw = Buffer.from(sealed.id, "base64url");
    expect(raw.includes("up-12")).toBe(false);
    expect(raw.toString("hex")).not.toContain(sealed.name);
  });

  test("never has the same id, name or nonce twice", () => {
    const many = Array.from({ length: 1_000 }, () => sessions.seal({ ...OWNER, upstreamId: "up-12" }));
    const nonces = many.map((session) => Buffer.from(session.id, "base64url").subarray(0, 12).toString("hex"));
    for (const distinct of [many.map((session) => session.id), many.map((session) => session.name), nonces]) {
      expect(new Set(distinct).size).toBe(1_000);
    }
  });
});

describe("an id is unknown", () => {
  test("with any one byte changed in any way", () => {
    const raw = Buffer.from(sealed.id, "base64url");
    for (let at = 0; at < raw.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const forged = Buffer.from(raw);
        forged.writeUInt8(forged.readUInt8(at) ^ (1 << bit), at);
        expect(sessions.open(forged.toString("base64url"), OWNER).kind).toBe("unknown");
      }
    }
  });

  test("with any one character changed to any other, though base64url may decode it to the same bytes", () => {
    for (let at = 0; at < sealed.id.length; at++) {
      for (const char of `${BASE64URL}+/= .`) {
        if (char === sealed.id[at]) continue;
        expect(sessions.open(sealed.id.slice(0, at) + char + sealed.id.slice(at + 1), OWNER).kind).toBe("unknown");
      }
    }
  });

  test.each([
    ["padding", (id: string) => `${id}=`],
    ["white space after it", (id: string) => `${id} `],
    ["white space before it", (id: string) => ` ${id}`],
    ["a line end inside", (id: string) => `${id.slice(0, 8)}\n${id.slice(8)}`],
    ["something after it", (id: string) => `${id}A`],
    ["its end cut off", (id: string) => id.slice(0, -1)],
    ["the alphabet of plain base64", (id: string) => `${id}`.replaceAll("-", "+").replaceAll("_", "/")],
    ["twice", (id: string) => id + id],
    ["percent-encoding", (id: string) => id.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`)],
  ])("in another spelling: %s", (_, respell) => {
    // some ids have neither - nor _: one that has both
    let session = sealed;
    while (!/-.*_|_.*-/.test(session.id)) session = sessions.seal({ ...OWNER, upstreamId: "up-12" });
    expect(problemOf(session.id)).toBe("open");
    expect(problemOf(respell(session.id))).not.toBe("open");
  });

  test("whose last character carries bits that mean nothing", () => {
    const raw = Buffer.from(sealed.id, "base64url");
    const spellings = [...BASE64URL].map((last) => sealed.id.slice(0, -1) + last);
    const same = spellings.filter((id) => id !== sealed.id && Buffer.from(id, "base64url").equals(raw));
    expect(same.length).toBeGreaterThan(0);
    for (const id of same) expect(problemOf(id)).toBe("it is not an id that a gate issues");
  });

  test.each([
    ["another server", { ...OWNER, server: "other" }],
    ["another principal", { ...OWNER, principal: "agent-2" }],
    ["server and principal swapped", { server: OWNER.principal, principal: OWNER.server }],
    ["the border between them moved", { server: "filesa", principal: "gent-1" }],
    ["quotes that would move it", { server: 'files","agent-1', principal: "" }],
  ])("for %s", (_, owner) => {
    expect(problemOf(sealed.id, owner)).toBe("it is forged, another gate's, another server's or another principal's");
  });

  test("for another key", () => {
    const other = sessionsAt(NOW, { key: new Uint8Array(32).fill(8) }).sessions;
    expect(problemOf(sealed.id, OWNER, other)).toContain("another gate's");
  });

  test.each(["", "A", "up-12", "x".repeat(68), "A".repeat(100), "A".repeat(1_000_000), "\0", "💥".repeat(40)])(
    "that no gate issued",
    (id) => {
      expect(sessions.open(id, OWNER).kind).toBe("unknown");
    },
  );

  test("that was sealed by nobody, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (raw) => {
        expect(sessions.open(Buffer.from(raw).toString("base64url"), OWNER).kind).toBe("unknown");
      }),
    );
  });
});

describe("the end of a session", () => {
  test("comes when its lifetime is over, to the second", () => {
    const { sessions, clock } = sessionsAt(NOW + 999);
    const session = sessions.seal({ ...OWNER, upstreamId: "u" });
    clock.unixMs = NOW + LIFETIME * 1_000 - 1;
    expect(problemOf(session.id, OWNER, sessions)).toBe("open");
    clock.unixMs = NOW + LIFETIME * 1_000;
    expect(problemOf(session.id, OWNER, sessions)).toBe("it has expired");
  });

  test("comes when it is ended, and is remembered for as long as the id could be used", () => {
    const { sessions, clock, endedUntil } = sessionsAt(NOW);
    const session = sessions.seal({ ...OWNER, upstreamId: "u" });
    const other = sessions.seal({ ...OWNER, upstreamId: "u" });
    clock.unixMs = NOW + 5_000;
    sessions.end(session.name);
    expect(problemOf(session.id, OWNER, sessions)).toBe("it was ended");
    expect(problemOf(other.id, OWNER, sessions)).toBe("open");
    expect(endedUntil).toEqual(new Map([[session.name, NOW + 1_000 * (5 + LIFETIME)]]));
  });
});

describe("what cannot be sealed", () => {
  test.each([
    ["an empty id", ""],
    ["an id that is too long", "x".repeat(MAX_UPSTREAM_ID_BYTES + 1)],
    ["an id with a space", "a b"],
    ["an id with a line end", "a\r\nX-Evil: 1"],
    ["an id that is not ASCII", "é"],
  ])("is %s", (_, upstreamId) => {
    expect(isSealable(upstreamId)).toBe(false);
    expect(() => sessions.seal({ ...OWNER, upstreamId })).toThrow(RangeError);
  });

  test.each([
    ["a short key", { key: new Uint8Array(31) }],
    ["a long key", { key: new Uint8Array(33) }],
    ["no lifetime", { lifetimeSeconds: 0 }],
    ["half a second", { lifetimeSeconds: 0.5 }],
    ["an endless lifetime", { lifetimeSeconds: Number.POSITIVE_INFINITY }],
  ])("with %s: it throws at construction", (_, options) => {
    expect(() => sessionsAt(NOW, options)).toThrow(RangeError);
  });
});
