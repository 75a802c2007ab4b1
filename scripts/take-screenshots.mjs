// Takes the pictures in docs/screenshots/: the gate of regate.yaml with the shipped bundle, real servers, real clients that call
// them, and the console in a real browser. What a picture shows is what this checkout serves; only the gate's wall clock runs
// faster while the clients work (fast-clock.mjs), so that an hour passes in a minute.
import { spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { chromium } from "playwright-core";
import { parse, stringify } from "yaml";
import { openAgents, work } from "./screenshot-agents.mjs";

const ROOT = resolve(import.meta.dirname, "..");
const OUT = join(ROOT, "docs/screenshots");
const TOOL = "/console/catalogue/awslabs.aws-iot-sitewise-mcp-server/create_api_key";
const AGENTS = ["release-bot", "support-desk", "night-batch"];
/** The wall clock of the gate: so many times as fast, for so many seconds. */
const FAST = { factor: 55, seconds: 60 };
const MAX_BYTES = 300_000;
const START_MS = 30_000;

/** Each is taken light and dark. */
const PICTURES = [
  { name: "overview", path: "/console/", height: 1080 },
  { name: "decisions", path: "/console/decisions", height: 900 },
  { name: "decision", path: "/console/decisions?tool=create_api_key", follow: "create_api_key", height: 1400 },
  { name: "approvals", path: "/console/approvals", height: 1000 },
  { name: "sessions", path: "/console/sessions", height: 900 },
  { name: "bundle", path: "/console/bundle", height: 1060 },
  {
    name: "playground",
    path: "/console/playground?server=filesystem&tool=write_file",
    wait: "#browser-decision[data-state=decided]",
    height: 900,
  },
  { name: "freeze", path: "/console/freeze", frozen: { server: "sitewise", principal: "night-batch" }, height: 640 },
  { name: "catalogue", path: "/console/catalogue", height: 1000 },
  { name: "create-api-key", path: TOOL, height: 1220 },
  { name: "create-api-key-rego", path: `${TOOL}#policy`, height: 860 },
];

const key = randomBytes(32).toString("hex");
const dir = mkdtempSync(join(tmpdir(), "regate-screenshots-"));
const keys = new Map(AGENTS.map((name) => [name, `rgk_${randomBytes(32).toString("base64url")}`]));
writeFileSync(join(dir, "regate.yaml"), stringify(configure()));
buildShadow();

const started = Date.now();
const gate = spawn(
  process.execPath,
  [
    "--import",
    join(ROOT, "scripts/fast-clock.mjs"),
    join(ROOT, "dist/main.js"),
    "serve",
    "-c",
    join(dir, "regate.yaml"),
    "--shadow",
    "next.tar.gz",
  ],
  {
    cwd: dir,
    env: { ...process.env, REGATE_OPERATOR_KEY: key, FAST_CLOCK: `${FAST.factor}:${FAST.seconds}` },
    stdio: ["ignore", "pipe", "inherit"],
  },
);
let agents;
try {
  const base = await waitForUrl();
  agents = await openAgents(base, keys);
  await work(agents, FAST.seconds * 1_000 - (Date.now() - started));
  await denyOne(base);
  await takePictures(base);
} finally {
  await agents?.close();
  gate.kill();
  if (gate.exitCode === null) await once(gate, "exit");
  rmSync(dir, { recursive: true, force: true });
}

/** The checkout's configuration, with agents that have keys, on folders that may be written to. */
function configure() {
  const config = parse(readFileSync(join(ROOT, "regate.yaml"), "utf8"));
  cpSync(resolve(ROOT, config.bundle), join(dir, config.bundle));
  const workspace = join(dir, "workspace");
  cpSync(join(ROOT, "examples/workspace"), workspace, { recursive: true });
  const servers = Object.entries(config.servers).map(([name, server]) => {
    const args = server.args?.map((arg) => (arg === "examples/workspace" ? workspace : arg));
    return [name, { ...server, ...(args && { args }), command: resolve(ROOT, server.command) }];
  });
  return {
    ...config,
    listen: "127.0.0.1:0",
    state: join(dir, "state"),
    servers: Object.fromEntries(servers),
    keys: [...keys].map(([name, text]) => ({ name, sha256: createHash("sha256").update(text).digest("hex") })),
  };
}

/** The checkout's policy with two rules changed, as somebody might try them. */
function buildShadow() {
  const rego = join(dir, "rego");
  cpSync(join(ROOT, "rego"), rego, { recursive: true });
  cpSync(join(ROOT, "schemas"), join(dir, "schemas"), { recursive: true });
  change(join(rego, "policy/servers/everything/everything.rego"), '"action": "deny",', '"action": "require_approval",');
  change(join(rego, "policy/servers/everything/everything.rego"), '\t"hide": true,\n', "");
  change(join(rego, "policy/servers/filesystem/filesystem.rego"), '"max": 10', '"max": 5');
  const bundle = join(dir, "next.tar.gz");
  const built = spawnSync(process.execPath, [join(ROOT, "dist/main.js"), "build", rego, "-o", bundle], {
    cwd: ROOT,
    encoding: "utf8",
  });
  if (built.status !== 0) throw new Error(`the shadow bundle could not be built:\n${built.stderr}`);
}

/** A person's answer to one of the calls that wait. */
async function denyOne(base) {
  const { approvals } = await ask(base, "/v1/approvals?state=pending");
  const { id } = approvals.find(({ argsText }) => argsText.includes("stop"));
  await ask(base, `/v1/approvals/${id}/deny`, { reason: "The pump is stopped by its own schedule" });
}

/** One request of the operator's; a POST where there is a body. */
async function ask(base, path, body) {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const answer = await fetch(`${base}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers,
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} was answered ${answer.status}`);
  return await answer.json();
}

function change(file, from, to) {
  const text = readFileSync(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from} to change`);
  writeFileSync(file, text.replace(from, to));
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

async function takePictures(base) {
  mkdirSync(OUT, { recursive: true });
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium" });
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ colorScheme, deviceScaleFactor: 1.3, reducedMotion: "reduce" });
    const page = await context.newPage();
    await page.goto(`${base}/console/`);
    await page.getByLabel("Operator key").fill(key);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    for (const picture of PICTURES) await takePicture(page, base, picture, colorScheme);
    await context.close();
  }
  await browser.close();
}

async function takePicture(page, base, { name, path, follow, wait, frozen, height }, colorScheme) {
  if (frozen !== undefined) await ask(base, "/v1/freeze", frozen);
  await page.setViewportSize({ width: 1240, height });
  await page.goto(`${base}${path}`);
  if (follow !== undefined) await page.getByRole("link", { name: follow, exact: true }).first().click();
  if (wait !== undefined) await page.locator(wait).waitFor();
  // until a page that is live says so
  await sleep(500);
  const file = join(OUT, `${name}${colorScheme === "dark" ? "-dark" : ""}.png`);
  await page.screenshot({ path: file });
  if (frozen !== undefined) await ask(base, "/v1/freeze", { ...frozen, thaw: true });
  const { size } = statSync(file);
  if (size > MAX_BYTES)
    throw new Error(`${file} has ${size} bytes; a picture in the repository has ${MAX_BYTES} at most`);
  console.log(`${file}  ${size} bytes`);
}
