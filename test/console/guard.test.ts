// Who sees the console, over real HTTP: the operator, and nobody else.
import { beforeAll, describe, expect, test } from "vitest";
import { makeKey } from "../../src/http/bearer.ts";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import { send } from "../e2e/harness-wire.ts";
import { cookieOf, loadShipped, OPERATOR_KEY, readPage, startConsole, withCatalogue } from "./support.ts";

const PAGES = [
  "/console/",
  "/console",
  "/console/catalogue",
  "/console/catalogue/files",
  "/console/catalogue/files/read",
  "/console/catalogue/none/none",
  "/console/nowhere",
];

let policy: ActivePolicy;
beforeAll(async () => {
  const tool = { category: "Read", risk: "Low", severity: "low" };
  policy = withCatalogue(await loadShipped(), { files: { tools: { read: tool } } });
});

describe("without a sign-in", () => {
  test.each(PAGES)("%s leads to it, and from there back", async (path) => {
    const { get, post } = await startConsole(policy);
    const answer = await get(path, {});
    expect(answer.status).toBe(303);
    const { location } = answer.headers;
    expect(answer.text).toBe("");
    const { pathname, searchParams } = new URL(String(location), "http://gate");
    expect(pathname).toBe("/console/sign-in");
    const next = searchParams.get("next") ?? "";
    const signedIn = await post("/console/sign-in", { key: OPERATOR_KEY, next });
    expect(signedIn.status).toBe(303);
    expect(signedIn.headers.location).toBe(path === "/console" ? "/console/" : path);
  });

  test.each(["POST", "PUT", "DELETE", "PATCH"] as const)("%s changes nothing and shows nothing", async (method) => {
    const { url } = await startConsole(policy);
    for (const path of PAGES) {
      const answer = await send(`${url}${path}`, method, {}, "x=y");
      expect(answer).toMatchObject({ status: 303, text: "" });
    }
  });

  test("what a page loads is there, to be kept, and is no way to anything else", async () => {
    const { get } = await startConsole(policy);
    const { text } = await get("/console/sign-in", {});
    const assets = [...text.matchAll(/\/console\/assets\/[a-z]+-[0-9a-f]{12}\.(css|js|svg)/g)];
    expect(assets.map(([, kind]) => kind).sort()).toEqual(["css", "js", "svg"]);
    for (const [path] of assets) {
      const answer = await get(path, {});
      expect(answer.status).toBe(200);
      expect(answer.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      expect(answer.headers["x-content-type-options"]).toBe("nosniff");
    }
    for (const path of [
      "/console/assets/x.css",
      "/console/assets/..%2f..%2fetc%2fpasswd",
      "/console/assets/constructor",
    ]) {
      expect((await get(path, {})).status).toBe(404);
    }
  });
});

describe("a sign-in by the operator key", () => {
  test("opens every page by a cookie that scripts, other sites and other paths don't get", async () => {
    const { get, post } = await startConsole(policy);
    const answer = await post("/console/sign-in", { key: ` ${OPERATOR_KEY}\n` });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe("/console/");
    expect(answer.headers["set-cookie"]).toMatch(
      /^regate_console_\d+=[A-Za-z0-9_-]{43}; Max-Age=43200; Path=\/console; HttpOnly; SameSite=Strict$/,
    );
    const cookie = cookieOf(answer);
    expect(cookie).not.toContain(OPERATOR_KEY);
    expect(await get("/console", { cookie })).toMatchObject({
      status: 303,
      headers: { location: "/console/" },
    });
    expect((await get("/console/catalogue/files/read", { cookie })).status).toBe(200);
    expect(await get("/console/sign-in", { cookie })).toMatchObject({
      status: 303,
      headers: { location: "/console/" },
    });
  });

  test("gives a cookie for https only, where the page came over https", async () => {
    const { post, url } = await startConsole(policy);
    const origin = url.replace("http:", "https:");
    const answer = await post("/console/sign-in", { key: OPERATOR_KEY }, { origin });
    expect(answer.headers["set-cookie"]).toMatch(/; Secure/);
  });

  test("opens nothing by another key, nor by an agent's", async () => {
    const { post, get, log } = await startConsole(policy);
    for (const key of ["", "wrong", `${OPERATOR_KEY}x`, OPERATOR_KEY.toUpperCase(), makeKey("rgk"), "Bearer x"]) {
      const answer = await post("/console/sign-in", { key, next: "/console/catalogue" });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty("set-cookie");
      expect(readPage(answer)).toContain("This is not the operator key of this gate.");
      expect(answer.text).toContain('value="/console/catalogue"');
      expect(answer.text).not.toContain(`"${key}x"`);
    }
    for (const cookie of ["regate_console_0=x", `regate_console_0=${"A".repeat(43)}`, "regate_console_0="]) {
      expect((await get("/console/catalogue", { cookie })).status).toBe(303);
    }
    expect(log).toEqual(Array(6).fill("console: a wrong operator key from 127.0.0.1"));
  });

  test("leads nowhere else than to the console", async () => {
    const { post, get } = await startConsole(policy);
    for (const next of ["https://evil.example/", "//evil.example", "/mcp/files", "/console/\\evil"]) {
      const answer = await post("/console/sign-in", { key: OPERATOR_KEY, next });
      expect(answer.headers.location).toBe("/console/");
    }
    const answer = await get(`/console/sign-in?next=${encodeURIComponent('"><script>')}`, {});
    expect(answer.text).toContain('name="next" value="/console/"');
  });

  test("ends by signing out, which only a page of it can do", async () => {
    const { get, post, signIn } = await startConsole(policy);
    const [cookie, other] = [await signIn(), await signIn()];
    const csrfOf = async (of: string) =>
      /name="csrf" value="([^"]+)"/.exec((await get("/console/catalogue", { cookie: of })).text)?.[1] ?? "";
    for (const csrf of ["", "x", await csrfOf(other)]) {
      expect((await post("/console/sign-out", { csrf }, { cookie })).status).toBe(403);
    }
    expect((await get("/console/catalogue", { cookie })).status).toBe(200);
    const answer = await post("/console/sign-out", { csrf: await csrfOf(cookie) }, { cookie });
    expect(answer).toMatchObject({ status: 303, headers: { location: "/console/sign-in" } });
    expect(answer.headers["set-cookie"]).toMatch(/^regate_console_\d+=; Max-Age=0; Path=\/console/);
    expect((await get("/console/catalogue", { cookie })).status).toBe(303);
    expect((await get("/console/catalogue", { cookie: other })).status).toBe(200);
    expect((await post("/console/sign-out", { csrf: "" })).headers.location).toBe("/console/sign-in");
  });

  test("ends the sign-in that the browser had", async () => {
    const { get, post, signIn } = await startConsole(policy);
    const cookie = await signIn();
    await post("/console/sign-in", { key: OPERATOR_KEY }, { cookie });
    expect((await get("/console/catalogue", { cookie })).status).toBe(303);
  });

  test("is not taken from a page of another site", async () => {
    const { post } = await startConsole(policy);
    for (const origin of ["http://evil.example", "null"]) {
      const answer = await post("/console/sign-in", { key: OPERATOR_KEY }, { origin });
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty("set-cookie");
    }
  });

  test("is not taken from a form of megabytes, with a length or without", async () => {
    const { url, post } = await startConsole(policy);
    const key = "k".repeat(10 * 2 ** 20);
    expect((await post("/console/sign-in", { key })).status).toBe(413);
    const { Readable } = await import("node:stream");
    const chunks = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(16_384, "k")));
    const answer = await send(`${url}/console/sign-in`, "POST", { origin: url }, chunks).catch(() => undefined);
    expect(answer?.status ?? 413).toBe(413);
  });
});

describe("the operator key in a header", () => {
  test("opens the pages, without a cookie or a form to sign out", async () => {
    const { get } = await startConsole(policy);
    const answer = await get("/console/catalogue");
    expect(answer.status).toBe(200);
    expect(answer.headers).not.toHaveProperty("set-cookie");
    expect(answer.text).not.toContain("Sign out");
  });

  test("is the only key that does", async () => {
    const { get } = await startConsole(policy);
    for (const authorization of [`Bearer ${makeKey("rgk")}`, "Bearer x", OPERATOR_KEY, `Basic ${OPERATOR_KEY}`]) {
      const answer = await get("/console/catalogue", { authorization });
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
      expect(answer.text).not.toContain("files");
    }
  });
});

describe("guessing", () => {
  test("shuts nobody out, is told of, and does not fill the log", async () => {
    const { get, post, log } = await startConsole(policy);
    for (let n = 0; n < 10; n++) {
      expect((await post("/console/sign-in", { key: `guess ${n}` })).status).toBe(403);
      expect((await get("/console/catalogue", { authorization: `Bearer guess${n}` })).status).toBe(401);
    }
    expect((await post("/console/sign-in", { key: OPERATOR_KEY })).status).toBe(303);
    expect((await get("/console/catalogue")).status).toBe(200);
    const told = log.filter((line) => line === "console: a wrong operator key from 127.0.0.1");
    expect(told).toHaveLength(log.length);
    expect(told.length).toBeGreaterThanOrEqual(10);
    expect(told.length).toBeLessThan(20);
  });
});

describe("every answer", () => {
  test("lets a browser load nothing from elsewhere, keep nothing, and show it in no frame", async () => {
    const { get, signIn } = await startConsole(policy);
    const cookie = await signIn();
    for (const [path, headers] of [
      ["/console/sign-in", {}],
      ["/console/catalogue", {}],
      ["/console/catalogue", { cookie }],
      ["/console/catalogue/files/read", { cookie }],
      ["/console/nowhere", { cookie }],
      ["/console/catalogue", { authorization: "Bearer x" }],
    ] as const) {
      const answer = await get(path, headers as Record<string, string>);
      expect(answer.headers["content-security-policy"]).toBe(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(answer.headers).toMatchObject({
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "regate-instance": "instance-1",
      });
      expect(answer.text).not.toMatch(/<[^>]+\s(?:style|on[a-z]+)=/i);
      expect(answer.text).not.toMatch(/<script(?![^>]* src=)|<style/i);
    }
  });
});
