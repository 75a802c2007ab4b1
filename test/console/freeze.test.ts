// Freezing in the console, over real HTTP: only by a form of one's own sign-in, and seen on every page.
import { beforeAll, describe, expect, test } from "vitest";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import { send } from "../e2e/harness-wire.ts";
import { judgedOf } from "./activity-support.ts";
import { loadShipped, readPage, startConsole, type TestConsole } from "./support.ts";

let policy: ActivePolicy;
beforeAll(async () => {
  policy = await loadShipped();
});

async function signIn(console: TestConsole) {
  const cookie = await console.signIn();
  const { text } = await console.get("/console/freeze", { cookie });
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? "";
  return { cookie, csrf };
}

describe("the button", () => {
  test("freezes all calls, and every page says so until they are thawed", async () => {
    const gate = await startConsole(policy, {}, { filesystem: "files" });
    const { cookie, csrf } = await signIn(gate);
    const answer = await gate.post("/console/freeze", { csrf }, { cookie });
    expect(answer).toMatchObject({ status: 303, headers: { location: "/console/freeze" } });
    expect(gate.freezes.list()).toHaveLength(1);
    for (const path of ["/console/", "/console/decisions", "/console/catalogue"]) {
      const { text } = await gate.get(path, { cookie });
      expect(text).toMatch(/All calls<\/bdi><\/b> are frozen since/);
    }
    await gate.post("/console/freeze", { csrf, thaw: "all" }, { cookie });
    expect(gate.freezes.list()).toEqual([]);
    expect((await gate.get("/console/", { cookie })).text).not.toContain("are frozen since");
  });

  test("freezes one server or principal, and thaws exactly that", async () => {
    const gate = await startConsole(policy, {}, { filesystem: "files" });
    const { cookie, csrf } = await signIn(gate);
    await gate.post("/console/freeze", { csrf, server: "filesystem", principal: " ann " }, { cookie });
    await gate.post("/console/freeze", { csrf, server: "", principal: "<b>" }, { cookie });
    expect(gate.freezes.list()).toMatchObject([{ server: "filesystem", principal: "ann" }, { principal: "<b>" }]);
    const page = await gate.get("/console/freeze", { cookie });
    expect(readPage(page)).toContain("Calls of ann to filesystem");
    expect(page.text).not.toContain("of <b>");
    await gate.post("/console/freeze", { csrf, thaw: "one", principal: "<b>" }, { cookie });
    expect(gate.freezes.list()).toMatchObject([{ server: "filesystem" }]);
  });

  test("says what was wrong with what was asked", async () => {
    const gate = await startConsole(policy, {}, { filesystem: "files" });
    const { cookie, csrf } = await signIn(gate);
    const answer = await gate.post("/console/freeze", { csrf, server: "<nope>" }, { cookie });
    expect(answer.status).toBe(409);
    expect(readPage(answer)).toContain("no server of this name; this gate has files");
    expect(gate.freezes.list()).toEqual([]);
  });

  test("knows the principals that were heard of", async () => {
    const gate = await startConsole(policy);
    gate.activity.count(judgedOf());
    const { cookie } = await signIn(gate);
    expect((await gate.get("/console/freeze", { cookie })).text).toContain('<option value="ann">');
  });
});

describe("a change", () => {
  test("is not taken without the token of one's own sign-in", async () => {
    const gate = await startConsole(policy);
    const [{ cookie }, other] = [await signIn(gate), await signIn(gate)];
    for (const form of [{}, { csrf: "" }, { csrf: "x" }, { csrf: other.csrf }] as Record<string, string>[]) {
      const answer = await gate.post("/console/freeze", form, { cookie });
      expect(answer.status).toBe(403);
      expect(readPage(answer)).toContain("This form is not from a page of your sign-in.");
    }
    expect(gate.freezes.list()).toEqual([]);
  });

  test("is not taken with the key in a header, nor without a sign-in", async () => {
    const gate = await startConsole(policy);
    const { csrf } = await signIn(gate);
    const authorization = "Bearer operator-key-of-the-console-tests";
    expect((await gate.post("/console/freeze", { csrf }, { authorization })).status).toBe(403);
    expect(await gate.post("/console/freeze", { csrf })).toMatchObject({ status: 303 });
    expect(gate.freezes.list()).toEqual([]);
  });

  test("is not taken from a page of another site", async () => {
    const gate = await startConsole(policy);
    const { cookie, csrf } = await signIn(gate);
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1"]) {
      expect((await gate.post("/console/freeze", { csrf }, { cookie, origin })).status).toBe(403);
    }
    expect(gate.freezes.list()).toEqual([]);
  });

  test("is not taken from a form of ten megabytes, with a length or without", async () => {
    const gate = await startConsole(policy);
    const { cookie, csrf } = await signIn(gate);
    const answer = await gate.post("/console/freeze", { csrf, principal: "p".repeat(10 * 2 ** 20) }, { cookie });
    expect(answer.status).toBe(413);
    const { Readable } = await import("node:stream");
    const chunks = Readable.from(Array.from({ length: 640 }, () => Buffer.alloc(16_384, "p")));
    const streamed = await send(`${gate.url}/console/freeze`, "POST", { origin: gate.url, cookie }, chunks).catch(
      () => undefined,
    );
    expect(streamed?.status ?? 413).toBe(413);
    expect(gate.freezes.list()).toEqual([]);
  });
});
