// The gate's policy from a real HTTP service and from files, with bundles of the real OPA; the service does all that one may do.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type GatePolicy, type GatePolicyOptions, openGatePolicy } from "../../src/bundles/gate-policy.ts";
import type { BundleService } from "../../src/config/bundle-schema.ts";
import { Problem } from "../../src/problem.ts";
import { openState } from "../../src/state/state.ts";
import {
  type Answer,
  buildWithOpa,
  makeKey,
  pin,
  repack,
  type Service,
  type SigningKey,
  startService,
} from "./support.ts";

const ALLOWING = "true";
const DENYING = "false";

let key: SigningKey;
let allowing: Buffer;
let denying: Buffer;
let third: Buffer;
beforeAll(async () => {
  key = await makeKey("ES256");
  allowing = await buildWithOpa({ key, revision: "allowing", condition: ALLOWING });
  denying = await buildWithOpa({ key, revision: "denying", condition: DENYING });
  third = await buildWithOpa({ key, revision: "third", condition: 'input.tool == "t"' });
});

const opened: { close(): unknown }[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});
afterAll(() => {
  for (const dir of folders) rmSync(dir, { recursive: true, force: true });
});

function makeDir(): string {
  const dir = mkdtempSync(join(tmpdir(), "regate-gate-policy-"));
  folders.push(dir);
  chmodSync(dir, 0o700);
  return dir;
}

type Opened = {
  readonly policy: GatePolicy;
  readonly logged: string[];
  readonly tries: () => number;
  close(): Promise<void>;
};

async function open(
  dir: string,
  options: Pick<GatePolicyOptions, "source"> & Partial<GatePolicyOptions>,
): Promise<Opened> {
  const state = openState(dir);
  const logged: string[] = [];
  let tries = 0;
  let policy: GatePolicy;
  try {
    policy = await openGatePolicy({
      shown: "the source",
      pinned: pin(key),
      allowRollback: false,
      dir,
      seen: state.meta,
      unixMs: Date.now,
      swapped: () => {},
      tried: () => {
        tries += 1;
      },
      log: (line) => logged.push(line),
      ...options,
    });
  } catch (error) {
    state.close();
    throw error;
  }
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await policy.close();
    state.close();
  };
  opened.push({ close });
  return { policy, logged, tries: () => tries, close };
}

const sourceOf = (service: Pick<Service, "url">, more: Partial<BundleService> = {}): BundleService => ({
  kind: "service",
  url: service.url,
  token: "t0ken",
  polling: { minDelaySeconds: 60, maxDelaySeconds: 60, longPollingTimeoutSeconds: 60 },
  sizeLimitBytes: 1_000_000,
  timeoutSeconds: 10,
  ...more,
});

const revisionOf = ({ policy }: Opened): string => policy.current.engine.revision.revision;
const actionOf = ({ policy }: Opened): string => {
  const evaluation = policy.current.engine.evaluate('{"server": "a", "tool": "t", "args": {}}');
  return evaluation.kind === "decided" ? evaluation.decision.action : evaluation.problem;
};

describe("from a service", () => {
  test("nothing is judged until a bundle came; a new one is taken at once where the service holds requests", async () => {
    const service = await startService();
    const gate = await open(makeDir(), { source: sourceOf(service) });
    expect(gate.policy.notReady()).toContain("no policy bundle is in force yet");
    expect(actionOf(gate)).toContain("no policy bundle is in force yet");
    service.offer(allowing);
    gate.policy.start();
    await expect.poll(() => revisionOf(gate)).toBe("allowing");
    expect(gate.policy.notReady()).toBeUndefined();
    expect(actionOf(gate)).toBe("allow");
    // the next request is held by the service
    await expect.poll(() => service.requests.length).toBe(2);
    expect(service.requests[0]).toMatchObject({ prefer: "modes=snapshot", authorization: "Bearer t0ken" });
    expect(service.requests[1]).toMatchObject({ prefer: "modes=snapshot;wait=60", "if-none-match": /^"/ });
    service.offer(denying);
    await expect.poll(() => revisionOf(gate)).toBe("denying");
    expect(gate.policy.status()).toEqual({
      name: "regate",
      active_revision: "denying",
      type: "snapshot",
      size: denying.length,
      last_request: expect.any(String),
      last_successful_request: expect.any(String),
      last_successful_download: expect.any(String),
      last_successful_activation: expect.any(String),
    });
    expect(gate.logged).toEqual([]);
  });

  test("what is the same is sent once, and a reload asks at once", async () => {
    const service = await startService({ longPolls: false });
    service.offer(allowing);
    const gate = await open(makeDir(), { source: sourceOf(service) });
    expect(await gate.policy.reload()).toMatchObject({ kind: "swapped", from: { revision: "none" } });
    expect(await gate.policy.reload()).toMatchObject({ kind: "unchanged", revision: { revision: "allowing" } });
    service.offer(denying);
    expect(await gate.policy.reload()).toMatchObject({ kind: "swapped", to: { revision: "denying" } });
    expect(service.requests.map((headers) => headers["if-none-match"] !== undefined)).toEqual([false, true, true]);
  });

  test("which is away at the start, the last good one judges, and the service is asked for what it does not know", async () => {
    const dir = makeDir();
    const service = await startService();
    service.offer(allowing);
    const first = await open(dir, { source: sourceOf(service) });
    await first.policy.reload();
    await first.close();
    service.answer((_, response) => void response.writeHead(503).end());
    const gate = await open(dir, { source: sourceOf(service) });
    expect(revisionOf(gate)).toBe("allowing");
    expect(gate.policy.notReady()).toBeUndefined();
    expect(gate.logged).toEqual([
      expect.stringContaining("revision allowing is the last good one of the source, kept in"),
    ]);
    expect(await gate.policy.reload()).toMatchObject({
      kind: "kept",
      revision: { revision: "allowing" },
      problem: "the source: it answers with HTTP status 503",
    });
    expect(gate.policy.status()).toMatchObject({ code: "bundle_error", http_code: 503 });
    service.answer(undefined);
    expect(await gate.policy.reload()).toMatchObject({ kind: "unchanged" });
    expect(service.requests.at(-1)).toMatchObject({ "if-none-match": expect.stringMatching(/^"[0-9a-f]{64}"$/) });
    expect(gate.policy.status()).not.toHaveProperty("code");
  });

  test("what was kept is verified again, and is of this service alone", async () => {
    const dir = makeDir();
    const service = await startService();
    service.offer(allowing);
    const first = await open(dir, { source: sourceOf(service) });
    await first.policy.reload();
    await first.close();
    const other = await open(dir, { source: sourceOf({ url: `${service.url}?other` }) });
    expect(other.policy.notReady()).toBeDefined();
    await other.close();
    const otherKey = await open(dir, { source: sourceOf(service), pinned: pin(await makeKey("ES256")) });
    expect(otherKey.policy.notReady()).toBeDefined();
    expect(otherKey.logged).toEqual([expect.stringMatching(/can't be taken: .*its signature is not that of the key/)]);
    await otherKey.close();
    writeFileSync(join(dir, "bundle.tar.gz"), await repack(allowing, { "policy.wasm": "x" }));
    const tampered = await open(dir, { source: sourceOf(service) });
    expect(tampered.policy.notReady()).toBeDefined();
    expect(tampered.logged).toEqual([expect.stringContaining('"policy.wasm" is not what was signed')]);
  });

  async function keepsAllowing(gate: Opened, problem: RegExp): Promise<void> {
    expect(await gate.policy.reload()).toMatchObject({
      kind: "kept",
      revision: { revision: "allowing" },
      problem: expect.stringMatching(problem),
    });
    expect(actionOf(gate)).toBe("allow");
    expect(gate.policy.status()).toMatchObject({
      active_revision: "allowing",
      code: "bundle_error",
      message: expect.stringMatching(problem),
    });
    // told once, however often it is tried
    await gate.policy.reload();
    expect(gate.logged).toEqual([expect.stringMatching(problem)]);
    expect(JSON.stringify([gate.policy.status(), gate.logged])).not.toContain("t0ken");
  }

  async function openAllowing(service: Service, timeoutSeconds = 10): Promise<Opened> {
    service.offer(allowing);
    const gate = await open(makeDir(), { source: sourceOf(service, { timeoutSeconds }) });
    await gate.policy.reload();
    return gate;
  }

  test.each<[string, Answer, RegExp]>([
    ["fails", (_, response) => void response.writeHead(500).end("no"), /it answers with HTTP status 500$/],
    ["wants another token", (_, response) => void response.writeHead(401).end(), /HTTP status 401; see bundle\.token/],
    [
      "redirects",
      (_, response) => void response.writeHead(302, { location: "/bundles/regate.tar.gz" }).end(),
      /HTTP status 302, and no redirect is followed/,
    ],
    ["sends nothing", (_, response) => void response.writeHead(200).end(), /it answers with nothing/],
    ["resets", (request) => void request.socket.destroy(), /the source: ./],
    [
      "sends half of what it promised",
      (_, response) => {
        response.writeHead(200, { "content-length": allowing.length });
        response.write(allowing.subarray(0, 500), () => response.destroy());
      },
      /the source: ./,
    ],
    [
      "sends half a bundle",
      (_, response) => void response.writeHead(200, { etag: '"half"' }).end(allowing.subarray(0, allowing.length / 2)),
      /the file is cut short/,
    ],
    [
      "promises too much",
      (_, response) => void response.writeHead(200, { "content-length": 2_000_000 }).flushHeaders(),
      /it sends more than 1000000 bytes/,
    ],
    [
      "never stops",
      (_, response) => {
        const more = (): void =>
          void (response.destroyed || response.write(Buffer.alloc(65_536), () => setImmediate(more)));
        more();
      },
      /it sends more than 1000000 bytes/,
    ],
    [
      "drips",
      (_, response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write("x"), 50);
        response.once("close", () => clearInterval(timer));
      },
      /it took longer than 0\.5 s/,
    ],
    ["never answers", () => {}, /it took longer than 0\.5 s/],
    ["sends a page", (_, response) => void response.writeHead(200).end("<html>"), /not a gzip file/],
  ])("which %s, the last good one judges on, and status and log say why", async (_, answer, problem) => {
    const service = await startService();
    const gate = await openAllowing(service, problem.source.includes("longer") ? 0.5 : 10);
    service.answer(answer);
    await keepsAllowing(gate, problem);
  });

  test.each<[string, () => Promise<Buffer>, RegExp]>([
    ["nobody signed", () => buildWithOpa(), /it is not signed/],
    ["another has signed", async () => buildWithOpa({ key: await makeKey("ES256") }), /not that of the key/],
    [
      "was signed otherwise",
      async () => buildWithOpa({ key: await makeKey("RS256") }),
      /by "RS256", and ES256 is pinned/,
    ],
    ["was signed for somebody else", () => buildWithOpa({ key, claims: { scope: "x" } }), /for the scope "x"/],
    ["was changed", () => repack(denying, { "policy.wasm": "x" }), /"policy\.wasm" is not what was signed/],
    ["has a file more", () => repack(denying, { "x.rego": "package x" }), /"x\.rego" is in it, and is not signed/],
    ["lost its signature", () => repack(denying, { ".signatures.json": undefined }), /it is not signed/],
    [
      "says something else than a number of its sequence",
      () => buildWithOpa({ key, claims: { sequence: "7" } }),
      /its sequence is no whole number/,
    ],
  ])("which sends what %s, the last good one judges on, and status and log say why", async (_, make, problem) => {
    const service = await startService();
    const gate = await openAllowing(service);
    service.offer(await make());
    await keepsAllowing(gate, problem);
  });

  test("which says that nothing changed to who has nothing, is not believed", async () => {
    const service = await startService();
    service.answer((_, response) => void response.writeHead(304).end());
    const gate = await open(makeDir(), { source: sourceOf(service) });
    expect(await gate.policy.reload()).toMatchObject({ kind: "kept", problem: expect.stringContaining("status 304") });
    expect(gate.policy.notReady()).toBeDefined();
  });

  test("that fails again and again is asked less and less often, and its next good bundle is taken", async () => {
    const service = await startService();
    service.answer((_, response) => void response.writeHead(500).end());
    const gate = await open(makeDir(), { source: sourceOf(service) });
    gate.policy.start();
    await expect.poll(() => service.requests.length, { timeout: 5_000 }).toBeGreaterThan(1);
    service.offer(allowing);
    service.answer(undefined);
    await expect.poll(() => revisionOf(gate), { timeout: 10_000 }).toBe("allowing");
    await expect
      .poll(() => gate.logged)
      .toEqual([expect.stringContaining("status 500"), "bundle: it is in order again"]);
  });

  test("without a key, any bundle of the service is taken, signed or not", async () => {
    const service = await startService();
    service.offer(await buildWithOpa({ revision: "unsigned" }));
    const gate = await open(makeDir(), { source: sourceOf(service), pinned: undefined });
    await gate.policy.reload();
    expect(revisionOf(gate)).toBe("unsigned");
    service.offer(allowing);
    await gate.policy.reload();
    expect(revisionOf(gate)).toBe("allowing");
  });
});

describe("an older bundle", () => {
  test("that was replaced is refused, packed anew and after a restart too, unless the operator says so", async () => {
    const dir = makeDir();
    const service = await startService();
    const first = await open(dir, { source: sourceOf(service) });
    for (const bytes of [allowing, denying]) {
      service.offer(bytes);
      await first.policy.reload();
    }
    expect(revisionOf(first)).toBe("denying");
    service.offer(allowing);
    const older =
      /it is an older one \(revision allowing was in force before, and denying took its place\); regate reload --allow-rollback takes it/;
    expect(await first.policy.reload()).toMatchObject({ kind: "kept", problem: expect.stringMatching(older) });
    service.offer(await repack(allowing, {}));
    expect(await first.policy.reload()).toMatchObject({ kind: "kept", problem: expect.stringMatching(older) });
    await first.close();

    rmSync(join(dir, "bundle.tar.gz"));
    const second = await open(dir, { source: sourceOf(service) });
    expect(await second.policy.reload()).toMatchObject({ kind: "kept", problem: expect.stringMatching(older) });
    expect(second.policy.notReady()).toBeDefined();
    expect(await second.policy.reload({ allowRollback: true })).toMatchObject({ kind: "swapped" });
    expect(actionOf(second)).toBe("allow");
    // what was in force before that is the older one now
    service.offer(denying);
    expect(await second.policy.reload()).toMatchObject({ kind: "kept" });
    service.offer(third);
    expect(await second.policy.reload()).toMatchObject({ kind: "swapped", to: { revision: "third" } });
  });

  test("is known by its sequence, though this gate never saw it", async () => {
    const service = await startService();
    const gate = await open(makeDir(), { source: sourceOf(service) });
    service.offer(await buildWithOpa({ key, revision: "eight", claims: { sequence: 8 } }));
    await gate.policy.reload();
    service.offer(await buildWithOpa({ key, revision: "seven", claims: { sequence: 7 } }));
    expect(await gate.policy.reload()).toMatchObject({
      kind: "kept",
      problem: expect.stringContaining("its sequence 7 is not above 8, that of revision eight"),
    });
    service.offer(allowing);
    expect(await gate.policy.reload()).toMatchObject({ kind: "kept", problem: expect.stringContaining("no sequence") });
    // what was in force once is newer again where whoever signs says so
    service.offer(await buildWithOpa({ key, revision: "nine", condition: DENYING, claims: { sequence: 9 } }));
    expect(await gate.policy.reload()).toMatchObject({ kind: "swapped" });
    service.offer(await buildWithOpa({ key, revision: "eight", claims: { sequence: 10 } }));
    expect(await gate.policy.reload()).toMatchObject({ kind: "swapped", to: { revision: "eight" } });
  });

  test("is taken where the configuration says so", async () => {
    const service = await startService();
    const gate = await open(makeDir(), { source: sourceOf(service), allowRollback: true });
    for (const bytes of [allowing, denying, allowing]) {
      service.offer(bytes);
      expect(await gate.policy.reload()).toMatchObject({ kind: "swapped" });
    }
  });
});

describe("from a file", () => {
  const write = (dir: string, bytes: Uint8Array): string => {
    const file = join(dir, "b.tar.gz");
    writeFileSync(file, bytes);
    return file;
  };

  test("that must be signed, what is not in order never judges, at a start neither: the last good one does", async () => {
    const dir = makeDir();
    const file = write(makeDir(), denying);
    const first = await open(dir, { source: { kind: "file", file } });
    write(join(file, ".."), allowing);
    expect(await first.policy.reload()).toMatchObject({ kind: "swapped" });
    write(join(file, ".."), await repack(allowing, { "policy.wasm": "x" }));
    expect(await first.policy.reload()).toMatchObject({ kind: "kept" });
    await first.close();
    const second = await open(dir, { source: { kind: "file", file } });
    expect(revisionOf(second)).toBe("allowing");
    expect(second.policy.status()).toMatchObject({ code: "bundle_error", active_revision: "allowing" });
    expect(readFileSync(join(dir, "bundle.tar.gz")).equals(allowing)).toBe(true);
    write(join(file, ".."), denying);
    expect(await second.policy.reload()).toMatchObject({ kind: "kept", problem: expect.stringContaining("older one") });
  });

  test("that must be signed and is not, and was never in order, keeps the gate from starting", async () => {
    const file = write(makeDir(), await buildWithOpa());
    const starting = open(makeDir(), { source: { kind: "file", file } });
    await expect(starting).rejects.toThrow(Problem);
    await expect(starting).rejects.toThrow("the source: it is not signed: it has no .signatures.json");
  });

  test("that need not be signed, whatever its owner puts there is taken: an older one too", async () => {
    const dir = makeDir();
    const file = write(makeDir(), allowing);
    const gate = await open(dir, { source: { kind: "file", file }, pinned: undefined });
    for (const bytes of [denying, allowing]) {
      write(join(file, ".."), bytes);
      expect(await gate.policy.reload()).toMatchObject({ kind: "swapped" });
    }
    expect(() => readFileSync(join(dir, "bundle.tar.gz"))).toThrow("ENOENT");
  });
});
