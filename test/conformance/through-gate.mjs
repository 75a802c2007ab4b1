// What the conformance suite runs in a client's place to have the gate between: `node through-gate.mjs BUNDLE SCRIPT URL` starts a gate before
// the suite's server at URL, runs the client SCRIPT against the gate, and ends with its exit code. For the auth scenarios the gate is an OAuth
// resource server of its own, whose issuer is the suite's behind a front that signs (signing-front.mjs).
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { discoverOAuthProtectedResourceMetadata, extractWWWAuthenticateParams } from "@modelcontextprotocol/client";
import { startSigningFront } from "./signing-front.mjs";

const ROOT = resolve(import.meta.dirname, "../..");
const [bundle, script, url] = process.argv.slice(2);
const scenario = process.env.MCP_CONFORMANCE_SCENARIO ?? "";
const dir = mkdtempSync(join(tmpdir(), "regate-conformance-gate-"));
/** What the gate itself says to the suite's server, which takes any token that begins like this; where it wants scopes, one that was issued. */
const tokenFile = join(dir, "token");
writeFileSync(tokenFile, "test-token-of-the-gate");

const needed = scenario.startsWith("auth/") ? await readNeeds() : undefined;
const front =
  needed === undefined
    ? undefined
    : await startSigningFront({ ...needed, onIssued: (token) => writeFileSync(tokenFile, token) });
const gate = await startGate();
if (front !== undefined) front.publish(gate.endpoint);
process.exitCode = await run(process.execPath, [script, gate.endpoint]);
gate.process.kill();
await once(gate.process, "close");
front?.close();
rmSync(dir, { recursive: true, force: true });

/** What an operator would read of the server before writing the gate's configuration: its issuer, and the scopes that it asks for. */
async function readNeeds() {
  const headers = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  const challenge = await fetch(url, { method: "POST", headers, body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' });
  const { resourceMetadataUrl, scope } = extractWWWAuthenticateParams(challenge);
  const metadata = await discoverOAuthProtectedResourceMetadata(url, { resourceMetadataUrl });
  const scopes = scope?.split(" ") ?? metadata.scopes_supported ?? [];
  return { issuer: metadata.authorization_servers[0], resource: metadata.resource, scopes };
}

async function startGate() {
  const headers = { Authorization: `Bearer \${file:${tokenFile}}` };
  const suite = { url, catalogue: "everything", ...(needed && { headers }) };
  const config = { listen: "127.0.0.1:0", bundle, servers: { suite }, ...(needed && { auth: authOf(needed) }) };
  writeFileSync(join(dir, "regate.yaml"), JSON.stringify(config));
  const gate = spawn(process.execPath, [join(ROOT, "dist/main.js"), "serve", "-c", join(dir, "regate.yaml")], {
    cwd: dir,
    env: { ...process.env, REGATE_OPERATOR_KEY: "operator-key-of-the-conformance-run" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  const base = await new Promise((listening, failed) => {
    const take = (text) => {
      printed += text;
      const found = /listening on (http:\/\/\S+:\d+)/.exec(printed)?.[1];
      if (found !== undefined) listening(found);
    };
    gate.stdout.on("data", take);
    gate.stderr.on("data", take);
    gate.once("close", () => failed(new Error(`the gate did not start:\n${printed}`)));
  });
  return { process: gate, endpoint: `${base}/mcp/suite` };
}

function authOf({ scopes }) {
  const issuer = { issuer: front.issuer, jwks: front.jwks };
  return { ...(scopes.length > 0 && { scopes }), issuers: { suite: issuer } };
}

async function run(command, args) {
  const child = spawn(command, args, { stdio: "inherit" });
  const [code] = await once(child, "close");
  return code ?? 1;
}
