// Principals sign in to a real server with a real authorization server, and each has its own tokens: sealed on disk, renewed, given
// back; a sign-in is its principal's alone, and its code counts once.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createSignIns } from "../../src/credentials/sign-ins.ts";
import { CredentialsFault } from "../../src/mcp/upstream-fault.ts";
import { browse, REDIRECT, returnedIn, startConnections, startSignInServer } from "./sign-in-support.ts";

const upstream = await startSignInServer();
const HOUR_MS = 3_600_000;
const NOT_SIGNED_IN = /^ann has not signed in to notes, .*run regate connect notes/;

beforeEach(() =>
  upstream.behave({ lifetime: 3600, iss: null, issuer: {}, resource: {}, refreshes: true, holds: false, oidc: false }),
);

/** Everything that the state folder holds, its write-ahead log included. */
function onDisk(dir: string): string {
  return readdirSync(dir)
    .map((name) => readFileSync(join(dir, name), "latin1"))
    .join("\n");
}

/** Whom the server takes the token for. */
async function whoIs(token: string): Promise<string> {
  const before = (await upstream.seen()).messages.length;
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
  };
  await fetch(upstream.url, { method: "POST", headers, body: '{"jsonrpc":"2.0","method":"notifications/x"}' });
  return (await upstream.seen()).messages.slice(before).join();
}

describe("a sign-in", () => {
  test("gives each principal its own token, for that server alone, kept over a restart and unreadable on disk", async () => {
    const first = startConnections(upstream.url);
    await first.signIn("ann");
    await first.signIn("ben");
    expect(await whoIs(await first.token("ann"))).toBe("ann notifications/x");
    expect(await whoIs(await first.token("ben"))).toBe("ben notifications/x");
    await expect(first.token("carol")).rejects.toThrow(CredentialsFault);
    const { secrets, resources } = await upstream.seen();
    expect(resources.at(-1)).toBe(upstream.url);
    first.close();

    const disk = onDisk(first.dir);
    expect(disk).toContain("ann");
    expect(secrets.length).toBeGreaterThanOrEqual(6);
    for (const secret of secrets) expect([disk, ...first.log].join("\n")).not.toContain(secret);
    const again = startConnections(upstream.url, first.dir);
    expect(await whoIs(await again.token("ann"))).toBe("ann notifications/x");
    // the same name at another place is another server
    const moved = { ...again.server, url: `${upstream.base}/other` };
    await expect(async () => again.connections.tokensOf(moved, "ann").current()).rejects.toThrow(NOT_SIGNED_IN);
  });

  test("whose row is given to another principal, or changed, is none", async () => {
    const kept = startConnections(upstream.url);
    await kept.signIn("ann");
    const place = JSON.stringify([kept.server.key, kept.server.url]);
    const sealed = kept.state.connections.get("ann", place) ?? "";
    kept.state.connections.put("mallory", place, sealed);
    kept.state.connections.put("ann", place, `${sealed.slice(0, -8)}AAAAAAAA`);
    kept.close();
    const again = startConnections(upstream.url, kept.dir);
    for (const principal of ["mallory", "ann"])
      await expect(again.token(principal)).rejects.toThrow("has not signed in");
    // told once for each
    await expect(again.token("ann")).rejects.toThrow("has not signed in");
    expect(again.log).toEqual([
      expect.stringMatching(/^notes: mallory was signed in, and what is kept of that can't be read/),
      expect.stringMatching(/^notes: ann was signed in, /),
    ]);
  });

  test("is its principal's alone, counts once, and ends with its time", async () => {
    const { begin, signIns, server, clock, token } = startConnections(upstream.url);
    const begun = await begin("ann");
    expect(new URL(begun.url).searchParams.get("code_challenge_method")).toBe("S256");
    const returned = returnedIn(await browse(begun.url, "ann"));
    const grants = (await upstream.seen()).grants.length;
    const unknown = { kind: "refused", whose: "request", problem: expect.stringContaining("no sign-in of this state") };
    expect(await signIns.finish(server, "mallory", returned)).toEqual(unknown);
    expect(await signIns.finish({ ...server, key: "other" }, "ann", returned)).toEqual(unknown);
    expect(await signIns.finish(server, "ann", { ...returned, state: `${returned.state}x` })).toEqual(unknown);
    expect((await upstream.seen()).grants).toHaveLength(grants);
    expect(await signIns.finish(server, "ann", returned)).toEqual({ kind: "signed_in", scope: "notes" });
    const used = { kind: "refused", whose: "request", problem: expect.stringContaining("was used already") };
    expect(await signIns.finish(server, "ann", returned)).toEqual(used);
    expect((await upstream.seen()).grants).toHaveLength(grants + 1);
    expect(await token("ann")).toMatch(/^at-/);

    const late = await begin("ben");
    const lateReturned = returnedIn(await browse(late.url, "ben"));
    clock.ms += 600_000;
    expect(await signIns.finish(server, "ben", lateReturned)).toEqual(unknown);
  });

  test("with a code that another sign-in was given, or that is none, is refused, and says no more than the error's code", async () => {
    const { begin, signIns, server, log, token } = startConnections(upstream.url);
    const [one, other] = [await begin("ann"), await begin("ann")];
    const stolen = returnedIn(await browse(other.url, "ben")).code;
    const refused = await signIns.finish(server, "ann", { state: one.state, code: stolen, iss: undefined });
    const problem = "the authorization server refused (invalid_grant)";
    expect(refused).toEqual({ kind: "refused", whose: "beyond", problem });
    expect(log.join("\n")).not.toContain(stolen);
    await expect(token("ann")).rejects.toThrow(NOT_SIGNED_IN);
  });

  test("must come back from the issuer that it went to, where that says so", async () => {
    const { begin, signIns, server } = startConnections(upstream.url);
    const mixUp = {
      kind: "refused",
      whose: "beyond",
      problem: expect.stringContaining("not of the authorization server"),
    };
    await upstream.behave({ iss: "https://other.example" });
    const wrong = await begin("ann");
    const grants = (await upstream.seen()).grants.length;
    expect(await signIns.finish(server, "ann", returnedIn(await browse(wrong.url, "ann")))).toEqual(mixUp);
    await upstream.behave({ iss: null, issuer: { authorization_response_iss_parameter_supported: true } });
    for (const oidc of [false, true]) {
      await upstream.behave({ oidc });
      const missing = await begin("ann");
      const { state, code } = returnedIn(await browse(missing.url, "ann"));
      expect(await signIns.finish(server, "ann", { state, code, iss: undefined })).toEqual(mixUp);
    }
    expect((await upstream.seen()).grants).toHaveLength(grants);
    const right = await begin("ann");
    const back = returnedIn(await browse(right.url, "ann"));
    expect(await signIns.finish(server, "ann", { ...back, iss: `${upstream.base}/` })).toMatchObject({
      kind: "signed_in",
    });
  });

  test("begins ten times in ten minutes at most, and comes back to this machine only", async () => {
    const { signIns, server, clock, begin } = startConnections(upstream.url);
    for (const elsewhere of [
      "http://127.0.0.1:9/other",
      "http://127.0.0.1/callback",
      "http://localhost:9/callback",
      "http://127.0.0.1.example:9/callback",
      "https://example.com/callback",
      "http://127.0.0.1:99999/callback",
      "http://a@127.0.0.1:9/callback",
      "",
    ])
      expect(await signIns.begin(server, "ann", elsewhere)).toMatchObject({ kind: "refused", whose: "request" });
    for (let n = 0; n < 10; n += 1) await begin("ann");
    const { registered } = await upstream.seen();
    expect(await signIns.begin(server, "ann", REDIRECT)).toMatchObject({ kind: "refused", whose: "too_many" });
    expect((await upstream.seen()).registered).toBe(registered);
    await begin("ben");
    clock.ms += 600_000;
    await begin("ann");
  });

  test("that can't be written down is none", async () => {
    const { server, log } = startConnections(upstream.url);
    const take = () => {
      throw new Error("disk full");
    };
    const [unixMs, monotonicMs] = [Date.now, () => performance.now()];
    const signIns = createSignIns({ connections: { take }, unixMs, monotonicMs, log: (line) => log.push(line) });
    const begun = await signIns.begin(server, "ann", REDIRECT);
    if (begun.kind !== "begun") throw new Error(begun.problem);
    const problem = "the gate can't write it down: disk full";
    const refused = await signIns.finish(server, "ann", returnedIn(await browse(begun.url, "ann")));
    expect(refused).toEqual({ kind: "refused", whose: "beyond", problem });
    expect(log).toEqual([`notes: a sign-in can't be finished: ${problem}`]);
  });

  test("as a client that is configured registers none", async () => {
    const { begin, server } = startConnections(upstream.url);
    const { registered } = await upstream.seen();
    const signIn = { client: { id: "of-the-operator", secret: "s" }, scope: "a b" };
    const { searchParams } = new URL((await begin("ann", { ...server, signIn })).url);
    expect([searchParams.get("client_id"), searchParams.get("scope")]).toEqual(["of-the-operator", "a b"]);
    expect((await upstream.seen()).registered).toBe(registered);
  });
});

describe("a server that leads elsewhere is not followed", () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ["another issuer's metadata", { issuer: { issuer: "https://other.example/" } }, /metadata of another issuer/],
    ["no word of PKCE", { issuer: { code_challenge_methods_supported: null } }, /does not say that it takes PKCE/],
    ["plain PKCE", { issuer: { code_challenge_methods_supported: ["plain"] } }, /does not say that it takes PKCE/],
    ["a token endpoint without TLS", { issuer: { token_endpoint: "http://login.example/token" } }, /it is not https/],
    ["an authorization endpoint that is a script", { issuer: { authorization_endpoint: "javascript:0" } }, /metadata/],
    [
      "a registration endpoint without TLS",
      { issuer: { registration_endpoint: "http://login.example/r" } },
      /not https/,
    ],
    ["tokens for another server", { resource: { resource: "https://other.example/mcp" } }, /for another server/],
    ["no authorization server", { resource: { authorization_servers: [] } }, /names no authorization server/],
    ["one without TLS", { resource: { authorization_servers: ["http://login.example"] } }, /it is not https/],
    ["no metadata that can be read", { issuer: { token_endpoint: 7 } }, /can be read/],
  ])("%s", async (_, how, problem) => {
    const { signIns, server, log } = startConnections(upstream.url);
    await upstream.behave(how);
    const refused = await signIns.begin(server, "ann", REDIRECT);
    expect(refused).toMatchObject({ kind: "refused", whose: "beyond", problem: expect.stringMatching(problem) });
    expect(log).toHaveLength(1);
  });
});

describe("tokens", () => {
  test("are renewed before they expire, by one request, with the refresh token that came last", async () => {
    const kept = startConnections(upstream.url);
    await kept.signIn("ann");
    const first = await kept.token("ann");
    const refreshes = async () => (await upstream.seen()).grants.filter((grant) => grant === "refresh_token").length;
    const before = await refreshes();
    // in its last fifth it still counts, and another is had meanwhile
    kept.clock.ms += 0.85 * HOUR_MS;
    expect(await kept.token("ann")).toBe(first);
    kept.clock.ms += HOUR_MS;
    const fresh = await Promise.all([1, 2, 3].map(() => kept.token("ann")));
    expect(new Set(fresh).size).toBe(1);
    expect(fresh[0]).not.toBe(first);
    expect(await whoIs(fresh[0] ?? "")).toBe("ann notifications/x");
    expect(await refreshes()).toBe(before + 1);
    // each refresh token counts once at this server: the last one was kept, on disk too
    kept.close();
    const again = startConnections(upstream.url, kept.dir);
    again.clock.ms = kept.clock.ms + HOUR_MS;
    expect(await whoIs(await again.token("ann"))).toBe("ann notifications/x");
    expect(await refreshes()).toBe(before + 2);
    expect((await upstream.seen()).resources.at(-1)).toBe(upstream.url);
  });

  test("that the server refuses are renewed once, or another that is there by then is used", async () => {
    const kept = startConnections(upstream.url);
    await kept.signIn("ann");
    const tokens = kept.connections.tokensOf(kept.server, "ann");
    const first = await kept.token("ann");
    // it has just been fetched
    expect(await tokens.renew(first)).toBeUndefined();
    kept.clock.ms += 6_000;
    const [one, other] = await Promise.all([tokens.renew(first), tokens.renew(first)]);
    expect(one).toMatch(/^at-/);
    expect([one === first, other]).toEqual([false, one]);
    expect(await tokens.renew(first)).toBe(one);
    expect(await kept.connections.tokensOf(kept.server, "ben").renew(first)).toBeUndefined();
  });

  test("that can't be renewed any more end the sign-in, here and after a restart", async () => {
    const kept = startConnections(upstream.url);
    await kept.signIn("ann");
    await upstream.behave({ revoke: "all" });
    kept.clock.ms += HOUR_MS;
    await expect(kept.token("ann")).rejects.toThrow(NOT_SIGNED_IN);
    expect(kept.log.at(-1)).toBe("notes: ann is signed out: the authorization server refused (invalid_grant)");
    kept.close();
    await expect(startConnections(upstream.url, kept.dir).token("ann")).rejects.toThrow(NOT_SIGNED_IN);
  });

  test("without a refresh token count until they expire, or the server refuses them", async () => {
    await upstream.behave({ refreshes: false });
    const kept = startConnections(upstream.url);
    await kept.signIn("ann");
    await kept.signIn("ben");
    const refused = await kept.token("ann");
    expect(await kept.connections.tokensOf(kept.server, "ann").renew(refused)).toBeUndefined();
    await expect(kept.token("ann")).rejects.toThrow(NOT_SIGNED_IN);
    kept.clock.ms += HOUR_MS;
    await expect(kept.token("ben")).rejects.toThrow("ben has not signed in");
  });

  test("stay while the authorization server can't be asked: they are tried again after a pause", async () => {
    const kept = startConnections(upstream.url);
    await kept.signIn("ann");
    const sealed = kept.connections.find(kept.server, "ann");
    if (sealed === undefined) throw new Error("nobody is signed in");
    const nowhere = { ...sealed, issuer: { ...sealed.issuer, token_endpoint: "http://127.0.0.1:9/token" } };
    kept.connections.take(kept.server, "ann", nowhere);
    kept.clock.ms += HOUR_MS;
    for (let n = 0; n < 3; n += 1) await expect(kept.token("ann")).rejects.toThrow("can't be renewed now");
    expect(kept.log.filter((line) => line.includes("can't be had anew"))).toHaveLength(1);
    kept.connections.take(kept.server, "ann", sealed);
    expect(await kept.token("ann")).toMatch(/^at-/);
  });

  test("of who signs out are given back, and a renewal that was under way brings nothing back", async () => {
    const kept = startConnections(upstream.url);
    await kept.signIn("ann");
    const { revoked, grants } = await upstream.seen();
    await upstream.behave({ holds: true });
    kept.clock.ms += HOUR_MS;
    const renewing = kept.token("ann");
    renewing.catch(() => {});
    while ((await upstream.seen()).grants.length === grants.length);
    expect(await kept.connections.remove(kept.server, "ann")).toEqual({ isRevoked: true });
    await upstream.behave({ holds: false });
    await expect(renewing).rejects.toThrow(NOT_SIGNED_IN);
    expect(kept.log.at(-1)).toBe("notes: ann has signed out");
    expect((await upstream.seen()).revoked).toBe(revoked + 1);
    expect(await kept.connections.remove(kept.server, "ann")).toBeUndefined();
    await expect(kept.token("ann")).rejects.toThrow(NOT_SIGNED_IN);
  });
});
