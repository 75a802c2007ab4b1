// The console in a real browser, before a real gate: a person signs in, finds a tool, reads its page and copies a rule.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { findBarriers, signInTo, visit } from "./harness-browser.ts";
import { type Gate, OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, runToEnd } from "./harness-process.ts";
import { openSession } from "./harness-wire.ts";

const SITEWISE = "awslabs.aws-iot-sitewise-mcp-server";
const EVERYTHING = { command: join(ROOT, "node_modules/.bin/mcp-server-everything") };
const HTML = "<img src=x onerror=alert(1)>";
const OVERRIDE = "delete\u202egpj.exe";

let shipped: Gate;
let odd: Gate;
beforeAll(async () => {
  const env = { SITEWISE_MCP_ALLOW_WRITES: "true", AWS_REGION: "us-east-1", FASTMCP_LOG_LEVEL: "ERROR" };
  const sitewise = { command: join(ROOT, ".venv/bin/awslabs.aws-iot-sitewise-mcp-server"), env, catalogue: SITEWISE };
  shipped = await startGate({
    servers: { everything: EVERYTHING, sitewise },
    bundle: join(ROOT, "bundles/regate.tar.gz"),
  });
  odd = await startGate({ servers: { odd: EVERYTHING }, bundle: await buildOdd() });
});

/** A bundle whose catalogue is as hostile as a server can make it. */
async function buildOdd(): Promise<string> {
  const dir = makeTempDir();
  const description = `${HTML}<script>alert(2)</script>\u202e\u200b\u001b[31m`;
  const tool = { category: "Read", risk: "Low", severity: "low", description, rationale: description, signals: [HTML] };
  mkdirSync(join(dir, "catalogue/odd"), { recursive: true });
  writeFileSync(
    join(dir, "catalogue/odd/data.json"),
    JSON.stringify({ title: HTML, tools: { [HTML]: tool, [OVERRIDE]: tool } }),
  );
  const bundle = join(dir, "odd.tar.gz");
  const built = await runToEnd(process.execPath, [join(ROOT, "dist/main.js"), "build", dir, "-o", bundle], {
    cwd: ROOT,
  });
  expect(built.code, built.stderr).toBe(0);
  return bundle;
}

const signIn = (gate: Gate, path: string, options: Parameters<typeof visit>[1] = {}) =>
  signInTo(gate.base, OPERATOR_KEY, path, options);

describe("a person with the operator key", () => {
  test("signs in, searches, opens create_api_key and copies the rule that denies it", async () => {
    const { page, context, misdeeds } = await visit(shipped.base);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: shipped.base });
    await page.goto(`${shipped.base}/console/`);
    await page.getByLabel("Operator key").fill("not the key of this gate");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("This is not the operator key").waitFor();
    await page.getByLabel("Operator key").fill(OPERATOR_KEY);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    await page.getByRole("link", { name: "Catalogue", exact: true }).click();
    await page.getByRole("heading", { name: "Catalogue", level: 1 }).waitFor();

    await page.getByLabel("Search").fill("api_key");
    await page.getByLabel("Signal").selectOption({ label: "credentials" });
    await page.getByRole("button", { name: "Filter" }).click();
    const rows = page.getByRole("table").locator("tbody tr");
    expect(await rows.allInnerTexts()).toEqual([expect.stringContaining("create_api_key")]);
    await page.getByRole("link", { name: "create_api_key" }).click();

    await page.getByRole("heading", { name: "create_api_key", level: 1 }).waitFor();
    const verdict = page.getByRole("region", { name: "Decision now" });
    expect(await verdict.innerText()).toMatch(
      /Allowed, limited[\s\S]*10 calls per 60 s in each session[\s\S]*Ten keys a minute/,
    );
    await page.getByRole("button", { name: "Copy: Deny it" }).click();
    await page.getByText("Copied to the clipboard").waitFor({ state: "attached" });
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(`# METADATA
# title: create_api_key is denied
rules.create_api_key contains {
	"id": "create-api-key-denied",
	"action": "deny",
	"reason": "This tool is not for agents",
	"hide": true,
}
`);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await page.goBack();
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    expect(misdeeds).toEqual([]);
  });

  test("reads every page without scripts, and has no buttons there that do nothing", async () => {
    const { page } = await signIn(shipped, `/console/catalogue/${SITEWISE}/create_api_key`, {
      javaScriptEnabled: false,
    });
    expect(await page.getByRole("heading", { level: 2 }).count()).toBe(8);
    expect(await page.getByRole("button").allInnerTexts()).toEqual(["Sign out"]);
    expect(await page.getByText("rules.create_api_key contains {").count()).toBe(5);
    await page.getByRole("link", { name: "Catalogue" }).first().click();
    await page.getByLabel("Category", { exact: true }).selectOption("Destructive");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByText("delete_asset", { exact: true }).waitFor();
  });

  test("sees whether a tool is the reviewed one as soon as an agent's session has listed it", async () => {
    const { page } = await signIn(shipped, "/console/catalogue/everything/echo");
    const definition = page.getByRole("region", { name: "Is its definition the one that was reviewed?" });
    expect(await definition.innerText()).toContain("has not listed it to anyone since the gate started");
    await (await openSession(shipped.url("everything"))).ask("tools/list", {});
    await page.reload();
    expect(await definition.innerText()).toContain("Yes: what Everything");
  });
});

describe("a tool whose name and description are HTML, or hide characters", () => {
  test.each([
    [HTML, HTML],
    [OVERRIDE, "deleteU+202Egpj.exe"],
  ])("is text on every page: %j", async (tool, shown) => {
    const path = `/console/catalogue/odd/${encodeURIComponent(tool)}`;
    const { page, misdeeds } = await signIn(odd, path);
    for (const next of [path, "/console/catalogue", "/console/catalogue/odd"]) {
      await page.goto(`${odd.base}${next}`);
      expect(await page.locator("img").count()).toBe(0);
      expect(await page.locator("script").count()).toBe(1);
      const text = await page.locator("main").innerText();
      expect(text).toContain(shown);
      expect(text).toContain("<script>alert(2)</script>U+202EU+200BU+001B[31m");
      expect(text).not.toMatch(/[\u202e\u200b]/);
    }
    expect(misdeeds).toEqual([]);
  });
});

describe("a page", () => {
  const PAGES = [
    "/console/",
    "/console/?range=day",
    "/console/decisions",
    "/console/decisions?verdict=denied",
    "/console/decisions?tool=nothing+fits",
    "/console/freeze",
    "/console/approvals",
    "/console/sessions",
    "/console/bundle",
    "/console/playground",
    "/console/catalogue",
    "/console/catalogue?q=nothing+fits",
    "/console/catalogue?page=2",
    `/console/catalogue/${SITEWISE}`,
    `/console/catalogue/${SITEWISE}/create_api_key`,
    `/console/catalogue/${SITEWISE}/create_asset`,
    `/console/catalogue/${SITEWISE}/delete_asset`,
    `/console/catalogue/${SITEWISE}/execute_action`,
    "/console/nowhere",
  ];
  const NARROW = { width: 390, height: 844 };

  // what is empty has no barrier easily
  beforeAll(async () => {
    const [everything, sitewise] = [
      await openSession(shipped.url("everything")),
      await openSession(shipped.url("sitewise")),
    ];
    await everything.call("echo", { message: "\u202ehello" });
    await everything.call("get-env", {});
    await everything.call("echo", { message: 4 });
    for (let n = 0; n < 11; n++) await sitewise.call("create_api_key", { api_key_name: `k${n}`, password: "hunter2" });
    void sitewise
      .call("execute_action", { action_definition_id: "a", action_payload: {}, target_resource: {} })
      .catch(() => undefined);
    const headers = { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" };
    await fetch(`${shipped.base}/v1/freeze`, { method: "POST", headers, body: '{"principal": "local"}' });
  });

  /** The page of the last decision, and of what waits for a person. */
  async function listMore(page: Page): Promise<string[]> {
    const found: string[] = [];
    for (const [list, link] of [
      ["/console/decisions?verdict=rate_limited", "create_api_key"],
      ["/console/decisions?verdict=denied", "get-env"],
    ] as const) {
      await page.goto(`${shipped.base}${list}`);
      found.push((await page.getByRole("link", { name: link, exact: true }).first().getAttribute("href")) ?? "");
    }
    await page.goto(`${shipped.base}/console/approvals`);
    const waits = page.getByRole("article").first();
    await waits.waitFor();
    return [...found, `/console/approvals/${(await waits.getAttribute("id"))?.replace("request-", "")}`];
  }

  // in the dark only the colours are others
  test.each([
    ["light", undefined],
    ["dark", ["color-contrast"]],
  ] as const)(
    "has no barrier that axe-core knows: %s",
    async (colorScheme, rules) => {
      const { page, misdeeds } = await signIn(shipped, "/console/catalogue", { colorScheme });
      for (const path of [...PAGES, ...(await listMore(page))]) {
        await page.goto(`${shipped.base}${path}`);
        expect(await findBarriers(page, rules), path).toEqual([]);
      }
      expect(misdeeds).toEqual([]);
    },
    120_000,
  );

  test("has none on a telephone, where nothing is wider than the window", async () => {
    const { page } = await signIn(shipped, "/console/catalogue", { viewport: NARROW });
    for (const path of [...PAGES, ...(await listMore(page))]) {
      await page.goto(`${shipped.base}${path}`);
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(overflow, path).toBe(0);
    }
    await page.goto(`${shipped.base}/console/catalogue/${SITEWISE}/create_asset`);
    expect(await findBarriers(page)).toEqual([]);
  });

  test("has none before the sign-in either", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      const { page, misdeeds } = await visit(shipped.base, { colorScheme });
      await page.goto(`${shipped.base}/console/`);
      expect(await findBarriers(page)).toEqual([]);
      expect(misdeeds).toEqual([]);
    }
  });

  test("is gone through with the keyboard alone", async () => {
    const { page } = await signIn(shipped, `/console/catalogue/${SITEWISE}/create_api_key`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent.trim()")).toBe("Catalogue");
    expect(await page.evaluate("document.activeElement.closest('main') !== null")).toBe(true);
  });
});
