// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration
// Bundles from elsewhere: a gate and a real `opa run --server` take the same bytes from the same service and decide alike; what is
// not signed, or is older, changes nothing; the gate refuses every call until its first bundle came, and starts without the service.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { readSamples } from "../../src/policy/samples.ts";
import { statusSchema } from "../../src/status/status-schema.ts";
import { buildWithOpa, makeKey, repack, type Service, type SigningKey, startService } from "../bundles/support.ts";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, operate, startGate } from "./harness-gate.ts";
import { makeTempDir, ROOT, run, runToEnd, whenDone } from "./harness-process.ts";
import { isToolError, openSession } from "./harness-wire.ts";

const OPA = join(ROOT, ".tools/opa-wasm");
const SHIPPED = join(ROOT, "bundles/regate.tar.gz");

/** The committed bundle, as `opa sign` signs it. */
async function signShipped({ privateFile, algorithm }: SigningKey): Promise<Buffer> {
  const cwd = makeTempDir();
  const args = ["sign", "--signing-key", privateFile, "--signing-alg", algorithm, "--bundle", SHIPPED];
  const { code, stderr } = await runToEnd(OPA, args, { cwd });
  expect([code, stderr]).toEqual([0, ""]);
  return repack(readFileSync(SHIPPED), { ".signatures.json": readFileSync(join(cwd, ".signatures.json")) });
}

/** OPA itself, with the service's bundle and the public key. */
function startOpa({ url }: Service, { publicFile, algorithm }: SigningKey) {
  const cwd = makeTempDir();
  const { origin, pathname } = new URL(url);
  const polling = { min_delay_seconds: 1, max_delay_seconds: 1, long_polling_timeout_seconds: 30 };
  const config = {
    services: { bundles: { url: origin } },
    keys: { default: { key: readFileSync(publicFile, "utf8"), algorithm } },
    bundles: { regate: { service: "bundles", resource: pathname, signing: { keyid: "default" }, polling } },
  };
  writeFileSync(join(cwd, "opa.json"), JSON.stringify(config));
  const socketPath = join(cwd, "opa.sock");
  const args = ["run", "--server", "--addr", `unix://${socketPath}`, "--config-file", "opa.json"];
  const server = run(OPA, args, { cwd });
  return { socketPath, server };
}

function postTo(socketPath: string, path: string, body: string): Promise<unknown> {
  return new Promise((done, fail) => {
    const asked = request({ socketPath, path, method: "POST" }, (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("end", () => done(JSON.parse(Buffer.concat(parts).toString())));
    });
    asked.once("error", fail);
    asked.end(body);
  });
}

const decideBy = (gate: Gate, inputText: string) =>
  fetch(`${gate.base}/v1/data/regate/decision`, {
    method: "POST",
    headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
    body: `{"input": ${inputText}}`,
  });

const statusOf = async (gate: Gate) => {
  const answer = await fetch(`${gate.base}/v1/status`, { headers: { authorization: `Bearer ${OPERATOR_KEY}` } });
  return statusSchema.parse(await answer.json());
};
const readiness = async (gate: Gate) => (await fetch(`${gate.base}/readyz`)).status;

beforeAll(() => {
  if (!existsSync(OPA)) throw new Error(`there is no ${OPA}; make .tools/opa-wasm builds it`);
});

test.each([
  ["ES256", "every sample", 1_000],
  ["RS256", "the first samples", 20],
] as const)(
  "OPA and the gate take the same bundle, signed by %s, from one service, and decide %s alike",
  async (algorithm, _, most) => {
    const key = await makeKey(algorithm);
    const service = await startService();
    service.offer(await signShipped(key));
    const opa = startOpa(service, key);
    const verify = { keyFile: key.publicFile, algorithm, keyId: "default" };
    const gate = await startGate({ servers: {}, config: { bundle: { url: service.url, verify } } });
    await opa.server.printed(/Bundle loaded and activated successfully/);
    await expect.poll(() => readiness(gate), { timeout: 20_000 }).toBe(200);

    const samples = (await readSamples(join(ROOT, "test/samples")))
      .filter(({ name }) => !name.startsWith("hostile/"))
      .slice(0, most);
    let judgedByBoth = 0;
    for (const { name, inputText, decision } of samples) {
      const native = await postTo(opa.socketPath, "/v1/data/regate/decision", `{"input": ${inputText}}`);
      // an input with U+0000 is none to OPA's own WASM runner (1.22.2), and what has no input is denied
      const isLost = inputText.includes("\\u0000");
      if (isLost) expect(native, name).toMatchObject({ result: { action: "deny", rules: [] } });
      else expect(native, name).toEqual({ result: decision });
      const answer = await decideBy(gate, inputText);
      // the gate has a schema of inputs, which OPA has not
      if (answer.status === 400) continue;
      expect(await answer.json(), name).toMatchObject({ result: decision });
      judgedByBoth += 1;
    }
    expect(judgedByBoth).toBeGreaterThan(Math.min(most, samples.length) * 0.8);

    // neither takes what was changed
    service.offer(await repack(await signShipped(key), { "data.json": '{"catalogue": {}}' }));
    await opa.server.printed(/Bundle load failed: data\.json: digest mismatch/);
    await expect
      .poll(async () => (await statusOf(gate)).bundle.message, { timeout: 20_000 })
      .toMatch(/"data\.json" is not/);
    expect(await readiness(gate)).toBe(200);
  },
);

describe("a gate whose bundle comes from a service", () => {
  type Update = { labels: unknown; bundles: { regate?: Record<string, unknown> }; plugins: unknown };

  /** A service for OPA's status updates. */
  async function startStatusService() {
    const updates: Update[] = [];
    const tokens = new Set<string | undefined>();
    const server = createServer((asked, answer) => {
      const parts: Buffer[] = [];
      tokens.add(asked.headers.authorization);
      asked.on("data", (part: Buffer) => parts.push(part));
      asked.on("end", () => {
        updates.push(JSON.parse(Buffer.concat(parts).toString()));
        answer.end();
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    whenDone(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return { url: `http://127.0.0.1:${address.port}/status`, updates, tokens };
  }

  test("refuses every call until one is in force, takes each new one, keeps the last good one, and tells of it", async () => {
    const key = await makeKey("EdDSA");
    const allowing = await buildWithOpa({ key, revision: "allowing" });
    const denying = await buildWithOpa({ key, revision: "denying", condition: "false" });
    const service = await startService();
    const told = await startStatusService();
    const recorder = await startRecorder("--sessions");
    const config = {
      bundle: {
        url: service.url,
        token: "${BUNDLE_TOKEN}",
        verify: { keyFile: key.publicFile, algorithm: "EdDSA" },
      },
      status: { url: told.url, token: "${BUNDLE_TOKEN}" },
    };
    const options = { servers: { recorder: { url: recorder.url } }, config, env: { BUNDLE_TOKEN: "s3cret-t0ken" } };
    const gate = await startGate(options);

    // nothing was there yet
    expect(gate.process.stdout()).toContain(`no policy yet: every call is refused until ${service.url} has one`);
    expect(await readiness(gate)).toBe(503);
    expect((await fetch(`${gate.base}/healthz`)).status).toBe(200);
    await expect(openSession(gate.url("recorder"))).rejects.toThrow();
    expect(recorder.calls("echo")).toBe(0);
    expect((await operate(gate, "status")).stdout).toMatch(
      /policy +NONE, EVERY CALL IS REFUSED until a bundle comes from /,
    );

    // the first
    service.offer(allowing);
    await expect.poll(() => readiness(gate), { timeout: 20_000 }).toBe(200);
    const session = await openSession(gate.url("recorder"));
    expect(isToolError(await session.call("echo"))).toBe(false);

    // another one, at once, since the service holds requests
    service.offer(denying);
    const isDenied = async () => isToolError(await session.call("echo"));
    await expect.poll(isDenied, { timeout: 20_000 }).toBe(true);
    const { policy } = await statusOf(gate);
    expect(policy).toMatchObject({ revision: "denying", digest: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const lastLine = () => readFileSync(join(gate.dir, ".regate/decisions.jsonl"), "utf8").trim().split("\n").at(-1);
    await expect.poll(lastLine).toContain(`"bundles":{"regate":{"revision":"denying","digest":"${policy.digest}"}}`);

    // what was changed, and what is older
    service.offer(await repack(allowing, { "src/policy.rego": "package regate" }));
    await expect
      .poll(async () => (await statusOf(gate)).bundle.message, { timeout: 20_000 })
      .toMatch(/not what was signed/);
    service.offer(allowing);
    const refused = await operate(gate, "reload");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/older one .*denying stays in force/s) });
    expect(await isDenied()).toBe(true);
    expect((await operate(gate, "status")).stdout).toMatch(
      /bundle +asked for last \S+: bundle_error\n.*it is an older one/,
    );
    expect(gate.process.stderr()).toMatch(/bundle: .*not what was signed/);

    // unless the operator says so
    expect(await operate(gate, "reload", "--allow-rollback")).toMatchObject({
      code: 0,
      stdout: "revision allowing is in force, in place of denying\n",
    });
    expect(await isDenied()).toBe(false);

    // who is told of it
    await expect.poll(() => told.updates.at(-1)?.bundles.regate?.active_revision, { timeout: 10_000 }).toBe("allowing");
    expect(told.updates.at(-1)).toMatchObject({
      labels: { id: expect.any(String), version: expect.any(String) },
      bundles: { regate: { name: "regate", type: "snapshot", size: allowing.length } },
      plugins: { bundle: { state: "OK" }, decision_logs: { state: "OK" } },
    });
    expect(told.updates.some(({ plugins }) => JSON.stringify(plugins).includes("NOT_READY"))).toBe(true);
    expect(told.updates.some(({ bundles }) => /signed/.test(String(bundles.regate?.message)))).toBe(true);
    expect(told.tokens).toEqual(new Set(["Bearer s3cret-t0ken"]));
    expect(new Set(service.requests.map(({ authorization }) => authorization))).toEqual(told.tokens);
    expect(gate.process.stdout() + gate.process.stderr() + JSON.stringify(told.updates)).not.toContain("s3cret-t0ken");

    // a start without the service
    await service.close();
    await gate.process.stop();
    const again = await startGate({ ...options, dir: gate.dir });
    expect(again.process.stdout()).toContain("policy revision allowing");
    expect(await readiness(again)).toBe(200);
    expect(isToolError(await (await openSession(again.url("recorder"))).call("echo"))).toBe(false);
  });

  test("a file that must be signed is taken by itself, and only where it is", async () => {
    const key = await makeKey("ES256");
    const file = join(makeTempDir(), "b.tar.gz");
    writeFileSync(file, await buildWithOpa({ key, revision: "one" }));
    const verify = { keyFile: key.publicFile, algorithm: "ES256" };
    const gate = await startGate({ servers: {}, config: { bundle: { file, verify } } });
    writeFileSync(file, await buildWithOpa({ revision: "unsigned" }));
    await gate.process.printed(/bundle: .*it is not signed/);
    writeFileSync(file, await buildWithOpa({ key, revision: "two", condition: "false" }));
    await gate.process.printed(/policy: revision two is active, in the place of one/);
  });
});
