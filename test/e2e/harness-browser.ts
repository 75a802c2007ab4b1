// A real browser for the end-to-end tests: Debian's chromium, driven over its own protocol. What it asks for elsewhere, what
// the content security policy stops, and what a script throws are kept, for a test to find none.
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import axe, { type AxeResults } from "axe-core";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { whenDone } from "./harness-process.ts";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Now and then a browser never says that it has closed. What is left of it ends with this process. */
const CLOSE_MS = 10_000;

let browser: Promise<Browser> | undefined;

async function launch(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) {
    throw new Error(`there is no ${CHROMIUM}: make test installs chromium, or name one with CHROMIUM=`);
  }
  const launched = await chromium.launch({ executablePath: CHROMIUM });
  // with all of its profiles
  whenDone(() => Promise.race([launched.close(), sleep(CLOSE_MS, undefined, { ref: false })]));
  return launched;
}

export type Visit = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What was asked of another origin, stopped by the content security policy, thrown, or said in a dialog. */
  readonly misdeeds: readonly string[];
};

/** A fresh profile with one page. */
export async function visit(origin: string, options: BrowserContextOptions = {}): Promise<Visit> {
  browser ??= launch();
  const context = await (await browser).newContext(options);
  const misdeeds: string[] = [];
  const page = await context.newPage();
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) misdeeds.push(`asked for ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" && /content security policy/i.test(message.text())) misdeeds.push(message.text());
  });
  page.on("pageerror", (error) => misdeeds.push(`threw ${error.message}`));
  page.on("dialog", (dialog) => {
    misdeeds.push(`said ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, context, misdeeds };
}

/** A fresh profile with one page, on which a person has signed in. */
export async function signInTo(
  base: string,
  key: string,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Visit> {
  const visited = await visit(base, options);
  const { page } = visited;
  await page.goto(`${base}${path}`);
  await page.getByLabel("Operator key").fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${base}${path}`);
  return visited;
}

/**
 * What axe-core finds wrong with the page for people who don't see it, or don't use a mouse.
 * @param rules those of its rules that are looked at; all of them where it is left out
 */
export async function findBarriers(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe.source);
  const options = rules === undefined ? "" : JSON.stringify({ runOnly: rules });
  const { violations } = await page.evaluate<AxeResults>(`axe.run(${options})`);
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
