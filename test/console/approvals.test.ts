// The approvals in the console, over real HTTP: what an approver is shown, and which answers are taken.
import { beforeAll, describe, expect, test } from "vitest";
import { indentJson } from "../../src/console/indent-json.ts";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import { QUESTION } from "../approvals/support.ts";
import { loadShipped, OPERATOR_KEY, readPage, startConsole, type TestConsole } from "./support.ts";

let policy: ActivePolicy;
beforeAll(async () => {
  policy = await loadShipped();
});

const HTML = "<img src=x onerror=alert(1)>";

/** Asks, and does not wait. @returns the request's id */
async function ask(gate: TestConsole, change: Partial<typeof QUESTION> = {}): Promise<string> {
  const asked = await gate.approvals.ask({ ...QUESTION, ...change }, undefined);
  return asked.note?.id ?? expect.fail("nobody was asked");
}

async function start() {
  const gate = await startConsole(policy);
  const cookie = await gate.signIn();
  const page = async (path = "/console/approvals") => await gate.get(path, { cookie });
  const csrf = /name="csrf" value="([^"]+)"/.exec((await page()).text)?.[1] ?? "";
  const answer = (path: string, form: Record<string, string> = {}) =>
    gate.post(`/console/approvals/${path}`, { csrf, ...form }, { cookie });
  return { gate, cookie, csrf, page, answer };
}

describe("the queue", () => {
  test("says that nothing waits", async () => {
    const { page } = await start();
    expect(readPage(await page())).toContain("No call waits for a person.");
  });

  test("shows each call with who asks, why, and its exact arguments", async () => {
    const { gate, page } = await start();
    const argsText = '{"amount":100.0000000000000001,"path":"/a\u202eb\u200b","note":"\u001b[31m"}';
    await ask(gate, { tool: HTML, server: "files", principal: "an\u202en", argsText, reasons: [`Why ${HTML}`] });
    const answer = await page();
    expect(answer.text).not.toContain("<img");
    expect(answer.text).toContain("<title>Approvals (1) - Regate</title>");
    const shown = readPage(answer);
    for (const text of [
      HTML,
      "anU+202En",
      `Why ${HTML}`,
      "closed-paths",
      "lapses in 4 minutes",
      '"amount": 100.0000000000000001,',
      '"path": "/aU+202EbU+200B"',
      '"note": "U+001B[31m"',
    ])
      expect(shown).toContain(text);
    for (const path of ["/console/", "/console/catalogue"])
      expect((await page(path)).text).toMatch(/class="waiting">1</);
    expect(readPage(await page("/console/"))).toContain("One call waits for a person");
  });

  test("has the one first that lapses first, and those that are over below", async () => {
    const { gate, page } = await start();
    const late = await ask(gate, { argsText: '{"n":1}' });
    const soon = await ask(gate, { argsText: '{"n":2}', timeoutSeconds: 60 });
    const over = await ask(gate, { argsText: '{"n":3}' });
    void gate.approvals.deny(over, "operator", "Not at night");
    const { text } = await page();
    expect([...text.matchAll(/id="request-(request-\d+)"/g)].map(([, id]) => id)).toEqual([soon, late]);
    expect(readPage(text)).toMatch(/Lately.*Deniedby operator: Not at night/);
  });

  test("does not let long arguments be approved unseen", async () => {
    const { gate, page } = await start();
    const argsText = JSON.stringify({ a: "x".repeat(10_000), z: "the end" });
    const id = await ask(gate, { argsText });
    const queue = await page();
    expect(queue.text).not.toContain("the end");
    expect(readPage(queue)).toContain("further characters are not shown here. See all of them before you decide.");
    expect(queue.text).not.toContain(`${id}/approve`);
    expect(queue.text).toContain(`${id}/deny`);
    const whole = await page(`/console/approvals/${id}`);
    expect(whole.text).toContain("the end");
    expect(whole.text).toContain(`${id}/approve`);
    const plain = await page(`/console/approvals/${id}/arguments`);
    expect(plain.text).toBe(argsText);
    expect(plain.headers).toMatchObject({
      "content-type": expect.stringContaining("text/plain"),
      "content-disposition": expect.stringContaining("attachment"),
      "x-content-type-options": "nosniff",
    });
  });
});

describe("an answer", () => {
  test("approves once, whatever stands in the field for minutes", async () => {
    const { gate, answer } = await start();
    const id = await ask(gate);
    expect(await answer(`${id}/approve`, { minutes: "30" })).toMatchObject({
      status: 303,
      headers: { location: "/console/approvals" },
    });
    expect(gate.approvals.find(id)).toMatchObject({
      state: "approved",
      decided: { by: "operator", grantMinutes: undefined },
    });
  });

  test("approves for some minutes", async () => {
    const { gate, answer } = await start();
    const id = await ask(gate);
    expect((await answer(`${id}/approve`, { grant: "yes", minutes: "30" })).status).toBe(303);
    expect(gate.approvals.find(id)).toMatchObject({ state: "approved", decided: { grantMinutes: 30 } });
  });

  test("denies with a reason", async () => {
    const { gate, answer } = await start();
    const id = await ask(gate);
    await answer(`${id}/deny`, { reason: " Not at night " });
    expect(gate.approvals.find(id)).toMatchObject({
      state: "denied",
      decided: { by: "operator", reason: "Not at night" },
    });
  });

  test.each([
    ["approve", { grant: "yes", minutes: "" }, "Say for how many minutes."],
    ["approve", { grant: "yes", minutes: "0" }, "It can't be granted for so long."],
    ["approve", { grant: "yes", minutes: "x" }, "It can't be granted for so long."],
    ["deny", { reason: "  " }, "reason"],
    ["deny", { reason: "x".repeat(1_001) }, "reason"],
  ])("is not taken: %s %j", async (what, form, problem) => {
    const { gate, answer } = await start();
    const id = await ask(gate);
    const refused = await answer(`${id}/${what}`, form);
    expect(refused.status).toBe(409);
    expect(readPage(refused)).toContain(problem);
    expect(gate.approvals.find(id)?.state).toBe("pending");
  });

  test("is not taken twice, nor for what is not there", async () => {
    const { gate, answer } = await start();
    const id = await ask(gate);
    await answer(`${id}/approve`);
    const again = await answer(`${id}/deny`, { reason: "no" });
    expect(again.status).toBe(409);
    expect(readPage(again)).toContain("approved already");
    expect((await answer("nowhere/approve")).status).toBe(409);
    expect((await gate.get("/console/approvals/nowhere")).status).toBe(404);
  });

  test("that can't be written down approves nothing", async () => {
    const { gate, answer } = await start();
    const id = await ask(gate);
    gate.approvals.approve = () => {
      throw new Error("disk full");
    };
    const failed = await answer(`${id}/approve`);
    expect(failed.status).toBe(500);
    expect(readPage(failed)).toContain("so nothing was decided");
    expect(gate.log).toContain("approvals: disk full");
  });

  test("is taken only from a form of one's own sign-in, of this site, and of a form's size", async () => {
    const { gate, cookie, csrf } = await start();
    const id = await ask(gate);
    const path = `/console/approvals/${id}/approve`;
    for (const [form, headers, status] of [
      [{}, { cookie }, 403],
      [{ csrf: "x" }, { cookie }, 403],
      [{ csrf }, {}, 303],
      [{ csrf }, { authorization: `Bearer ${OPERATOR_KEY}` }, 403],
      [{ csrf }, { cookie, origin: "http://evil.example" }, 403],
      [{ csrf, minutes: "1".repeat(10 * 2 ** 20) }, { cookie }, 413],
    ] as [Record<string, string>, Record<string, string>, number][]) {
      expect((await gate.post(path, form, headers)).status).toBe(status);
    }
    expect(gate.approvals.find(id)?.state).toBe("pending");
  });
});

describe("a one-time link", () => {
  test("leads to its request once, after the sign-in", async () => {
    const { gate, page } = await start();
    const id = await ask(gate);
    const path = `/console/approvals/${id}?link=${gate.links[0]}`;
    const stranger = await gate.get(path, {});
    expect(stranger).toMatchObject({
      status: 303,
      headers: { location: `/console/sign-in?next=${encodeURIComponent(path)}` },
    });
    expect(await page(path)).toMatchObject({ status: 303, headers: { location: `/console/approvals/${id}` } });
    const used = await page(path);
    expect(used.status).toBe(410);
    expect(readPage(used)).toContain("This link was used already");
    expect(gate.approvals.find(id)?.state).toBe("pending");
  });

  test("of another request leads nowhere", async () => {
    const { gate, page } = await start();
    await ask(gate, { argsText: '{"n":1}' });
    const other = await ask(gate, { argsText: '{"n":2}' });
    expect((await page(`/console/approvals/${other}?link=${gate.links[0]}`)).status).toBe(410);
    expect((await page(`/console/approvals/${other}?link=${gate.links[1]}`)).status).toBe(303);
  });
});

describe("indented JSON", () => {
  test.each([
    ['{"a":[1.0,{"b":{}}],"c":[]}', '{\n  "a": [\n    1.0,\n    {\n      "b": {}\n    }\n  ],\n  "c": []\n}'],
    [
      String.raw`{"a":"\"{,}\\"}`,
      String.raw`{
  "a": "\"{,}\\"
}`,
    ],
    ['{ "a" :\n1 , "b":\t2 }', '{\n  "a": 1,\n  "b": 2\n}'],
    ["1e400", "1e400"],
    ['{"a', '{\n  "a'],
    ["", ""],
  ])("of %j", (text, indented) => {
    expect(indentJson(text)).toBe(indented);
  });

  test("holds what the text held, but for blanks between its parts", () => {
    const text = '{"b":  [true,null , "x y\\n"],"n":-0.10e+5}';
    expect(JSON.parse(indentJson(text))).toEqual(JSON.parse(text));
    expect(indentJson(text)).toContain("-0.10e+5");
  });
});
