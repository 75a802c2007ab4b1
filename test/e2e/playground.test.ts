// The playground in a real browser: what it makes of an input is what the gate's data API makes of it, to the unit of fuel.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { signInTo, type Visit } from "./harness-browser.ts";
import { type Gate, OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { ROOT } from "./harness-process.ts";
import { openSession, send } from "./harness-wire.ts";

const SAMPLES = join(ROOT, "test/samples");
const LINE = z.object({ metrics: z.object({ counter_regate_fuel: z.number() }) });

let gate: Gate;
let visited: Visit;
beforeAll(async () => {
  gate = await startGate({
    servers: { everything: { command: join(ROOT, "node_modules/.bin/mcp-server-everything") } },
    bundle: join(ROOT, "bundles/regate.tar.gz"),
  });
  visited = await signInTo(gate.base, OPERATOR_KEY, "/console/playground");
});

async function askGate(inputText: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
  const { status, text } = await send(
    `${gate.base}/v1/data/regate/decision`,
    "POST",
    headers,
    `{"input": ${inputText}}`,
  );
  expect(status, text).toBe(200);
  return z.object({ result: z.unknown() }).parse(JSON.parse(text)).result;
}

/** What the browser decides on the text, and its fuel. */
async function askBrowser(inputText: string): Promise<{ readonly decision: unknown; readonly fuel: number }> {
  const { page } = visited;
  const out = page.locator("#browser-decision");
  await page.getByLabel("Input").fill("");
  await page.locator("#browser-decision[data-state=none]").waitFor();
  await page.getByLabel("Input").fill(inputText);
  await page.locator("#browser-decision[data-state=decided]").waitFor();
  const decision: unknown = JSON.parse((await out.locator("#play-json code").textContent()) ?? "");
  return { decision, fuel: Number(await out.getAttribute("data-fuel")) };
}

/** Inputs that the gate takes; what its data API refuses is none that a call could have. */
const samples = ["filesystem", "awslabs.aws-iot-sitewise-mcp-server", "methods", "stripe", "github"].flatMap((folder) =>
  readdirSync(join(SAMPLES, folder))
    .filter((file) => file !== "direction-that-does-not-exist.json")
    .slice(0, 4)
    .map((file) => `${folder}/${file}`),
);
const hostile = [
  "args-as-a-list",
  "integer-beyond-doubles",
  "fraction-beyond-doubles",
  "nested-args",
  "tool-named-star",
];

describe("the playground", () => {
  test.each([...samples, ...hostile.map((name) => `hostile/${name}.json`)])(
    "decides as the gate does: %s",
    async (sample) => {
      // the input as it is written: parsed and written again, numbers beyond doubles would be others
      const source = readFileSync(join(SAMPLES, sample), "utf8");
      const text = source.slice(
        source.indexOf("{", source.indexOf('"input":')),
        source.lastIndexOf("}", source.indexOf('"decision":')) + 1,
      );
      expect((await askBrowser(text)).decision).toEqual(await askGate(text));
    },
  );

  test("takes as much fuel as the gate, and numbers as they are written", async () => {
    const text = '{"server": "everything", "tool": "echo", "category": "Read", "args": {"n": 100.0000000000000001}}';
    const { decision, fuel } = await askBrowser(text);
    expect(decision).toEqual(await askGate(text));
    await expect
      .poll(() => {
        const lines = readFileSync(join(gate.dir, ".regate/decisions.jsonl"), "utf8").trim().split("\n");
        return LINE.parse(JSON.parse(lines.at(-1) ?? "")).metrics.counter_regate_fuel;
      })
      .toBe(fuel);
  });

  test("says what is no input, and goes on", async () => {
    const { page } = visited;
    const out = page.locator("#browser-decision");
    for (const [text, said] of [
      ["{", "This is no JSON yet"],
      ["[]", "An input is a JSON object."],
      ['{"sever": "x"}', "it knows no field sever"],
    ] as const) {
      await page.getByLabel("Input").fill(text);
      await out.getByText(said).waitFor();
    }
    expect((await askBrowser('{"server": "x", "tool": "a\u202eb"}')).decision).toMatchObject({ action: "deny" });
  });

  test("asks the gate, and says that both decided alike", async () => {
    const { page, misdeeds } = visited;
    await page.getByLabel("Input").fill('{"server": "everything", "tool": "get-env", "category": "Read"}');
    await page.getByRole("button", { name: "Ask the gate" }).click();
    await page.getByText("The same decision as the browser's").waitFor();
    expect(await page.getByRole("region", { name: "The gate" }).innerText()).toContain(
      "Environment variables hold credentials",
    );
    expect(misdeeds).toEqual([]);
  });

  test("begins with a call of late, and works without scripts", async () => {
    await (await openSession(gate.url("everything"))).call("echo", { message: "</textarea><b>\u202e" });
    const { page } = await signInTo(gate.base, OPERATOR_KEY, "/console/decisions", { javaScriptEnabled: false });
    await page.getByRole("link", { name: "echo", exact: true }).first().click();
    await page.getByRole("link", { name: "Open in the playground" }).click();
    expect(await page.getByLabel("Input").inputValue()).toContain(String.raw`"message": "</textarea><b>\u202e"`);
    await page.getByRole("button", { name: "Ask the gate" }).click();
    await page.getByRole("region", { name: "The gate" }).getByText("Allowed", { exact: true }).waitFor();
  });
});

describe("the program and the data", () => {
  test.each(["policy.wasm", "data.json", "rules.json"])("are served to who is signed in only: %s", async (name) => {
    const url = `${gate.base}/console/playground/${name}`;
    expect((await send(url, "GET")).status).toBe(303);
    expect((await send(url, "GET", { authorization: `Bearer rgk_${"a".repeat(43)}` })).status).toBe(401);
    expect((await send(url, "GET", { authorization: `Bearer ${OPERATOR_KEY}` })).status).toBe(200);
  });

  test("may run on the playground's page only", async () => {
    const headers = { authorization: `Bearer ${OPERATOR_KEY}` };
    const policyOf = async (path: string) =>
      String((await send(`${gate.base}${path}`, "GET", headers)).headers["content-security-policy"]);
    expect(await policyOf("/console/playground")).toContain("script-src 'self' 'wasm-unsafe-eval';");
    for (const path of ["/console/", "/console/bundle", "/console/decisions"])
      expect(await policyOf(path)).toContain("script-src 'self';");
  });
});
