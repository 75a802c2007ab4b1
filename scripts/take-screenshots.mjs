// Takes the pictures in docs/screenshots/: the gate of regate.yaml with the shipped bundle, its real servers listed by a real
// client, and the console in a real browser. Nothing is staged: what a picture shows is what this checkout serves.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { chromium } from "playwright-core";
import { parse, stringify } from "yaml";

const ROOT = resolve(import.meta.dirname, "..");
const OUT = join(ROOT, "docs/screenshots");
const TOOL = "/console/catalogue/awslabs.aws-iot-sitewise-mcp-server/create_api_key";
const PICTURES = [
  { name: "catalogue", path: "/console/catalogue", colorScheme: "light", height: 1000 },
  { name: "catalogue-dark", path: "/console/catalogue", colorScheme: "dark", height: 1000 },
  { name: "create-api-key", path: TOOL, colorScheme: "light", height: 1220 },
  { name: "create-api-key-dark", path: TOOL, colorScheme: "dark", height: 1220 },
  { name: "create-api-key-rego", path: `${TOOL}#policy`, colorScheme: "light", height: 860 },
];
const MAX_BYTES = 300_000;
const START_MS = 30_000;

const key = randomBytes(32).toString("hex");
const dir = mkdtempSync(join(tmpdir(), "regate-screenshots-"));
const config = parse(readFileSync(join(ROOT, "regate.yaml"), "utf8"));
for (const server of Object.values(config.servers))
  if ("command" in server) server.cwd = resolve(ROOT, server.cwd ?? ".");
writeFileSync(
  join(dir, "regate.yaml"),
  stringify({ ...config, listen: "127.0.0.1:0", bundle: resolve(ROOT, config.bundle), state: dir }),
);

const gate = spawn(process.execPath, [join(ROOT, "dist/main.js"), "serve", "-c", join(dir, "regate.yaml")], {
  env: { ...process.env, REGATE_OPERATOR_KEY: key },
  stdio: ["ignore", "pipe", "inherit"],
});
try {
  const base = await waitForUrl();
  for (const server of Object.keys(config.servers)) await listTools(`${base}/mcp/${server}`);
  await takePictures(base);
} finally {
  gate.kill();
  if (gate.exitCode === null) await once(gate, "exit");
  rmSync(dir, { recursive: true, force: true });
}

async function waitForUrl() {
  let printed = "";
  const late = setTimeout(() => gate.kill(), START_MS);
  for await (const chunk of gate.stdout) {
    printed += chunk;
    const url = /listening on (http:\S+)/.exec(printed)?.[1];
    if (url === undefined) continue;
    clearTimeout(late);
    gate.stdout.resume();
    return url;
  }
  throw new Error(`the gate did not start:\n${printed}`);
}

/** So that the console knows what the server lists now. */
async function listTools(url) {
  const client = new Client({ name: "screenshots", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  let cursor;
  do ({ nextCursor: cursor } = await client.listTools(cursor === undefined ? {} : { cursor }));
  while (cursor !== undefined);
  await client.close();
}

async function takePictures(base) {
  mkdirSync(OUT, { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
  for (const { name, path, colorScheme, height } of PICTURES) {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1240, height },
      deviceScaleFactor: 1.3,
      reducedMotion: "reduce",
    });
    const page = await context.newPage();
    await page.goto(`${base}/console/`);
    await page.getByLabel("Operator key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Catalogue" }).waitFor();
    await page.goto(`${base}${path}`);
    const file = join(OUT, `${name}.png`);
    await page.screenshot({ path: file });
    await context.close();
    const { size } = statSync(file);
    if (size > MAX_BYTES)
      throw new Error(`${file} has ${size} bytes; a picture in the repository has ${MAX_BYTES} at most`);
    console.log(`${file}  ${size} bytes`);
  }
  await browser.close();
}
