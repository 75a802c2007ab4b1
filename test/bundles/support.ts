// Bundles that the real OPA has built and signed, keys to sign them with, and a real bundle service on node's HTTP server.
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { PinnedKey } from "../../src/bundles/signature.ts";
import type { SignatureAlgorithm } from "../../src/config/bundle-schema.ts";
import { readArchive } from "../../src/policy/bundle.ts";
import { findOpa, runOpa } from "../../src/policy/opa.ts";
import { makeFolder, makeTarGz, permitsIf, ROOT } from "../policy/support.ts";

const scratch = await mkdtemp(join(tmpdir(), "regate-bundles-"));
afterAll(() => rm(scratch, { recursive: true, force: true }));

export type SigningKey = {
  readonly algorithm: SignatureAlgorithm;
  readonly privateFile: string;
  readonly publicFile: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
};

let keys = 0;

export async function makeKey(algorithm: SignatureAlgorithm): Promise<SigningKey> {
  const { privateKey, publicKey } =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2_048 })
      : algorithm === "ES256"
        ? generateKeyPairSync("ec", { namedCurve: "P-256" })
        : generateKeyPairSync("ed25519");
  keys += 1;
  const [privateFile, publicFile] = [join(scratch, `key-${keys}.pem`), join(scratch, `key-${keys}.pub`)];
  await writeFile(privateFile, privateKey.export({ type: "pkcs8", format: "pem" }));
  await writeFile(publicFile, publicKey.export({ type: "spki", format: "pem" }));
  return { algorithm, privateFile, publicFile, privateKey, publicKey };
}

export function pin({ algorithm, publicKey }: SigningKey, more: Partial<PinnedKey> = {}): PinnedKey {
  return { algorithm, keyId: undefined, scope: undefined, key: publicKey, ...more };
}

export type BuildOptions = {
  readonly key?: SigningKey | undefined;
  readonly revision?: string;
  /** What an input must be to be allowed. */
  readonly condition?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly data?: string;
};

/** A small bundle that the gate takes, built, and signed where there is a key, by the real OPA. */
export async function buildWithOpa(options: BuildOptions = {}): Promise<Buffer> {
  const { key, revision = "r1", condition = "true", metadata, claims, data = "{}" } = options;
  const cwd = await makeFolder({
    "src/policy.rego": permitsIf(condition),
    "src/classify.rego": `package regate

classify := {"category": "Read", "risk": "Low", "severity": "low", "signals": [], "required": [], "rationale": "Reads"}
`,
    "src/data.json": data,
    "src/.manifest": JSON.stringify({ roots: ["regate", "facts"], metadata }),
    "claims.json": JSON.stringify(claims ?? {}),
  });
  const signing = key === undefined ? [] : ["--signing-key", key.privateFile, "--signing-alg", key.algorithm];
  const claiming = claims === undefined ? [] : ["--claims-file", "claims.json"];
  const entrypoints = ["-e", "regate/decision", "-e", "regate/classify"];
  const args = ["build", "-t", "wasm", ...entrypoints, "-r", revision, ...signing, ...claiming, "-b", "src", "-o", "o"];
  const { exitCode, stderr } = await runOpa(await findOpa(process.env, ROOT), args, { cwd });
  if (exitCode !== 0) throw new Error(stderr);
  return readFileSync(join(cwd, "o"));
}

/** The same bundle with other files: `undefined` takes one out. */
export async function repack(
  bytes: Uint8Array,
  changes: Readonly<Record<string, string | Uint8Array | undefined>>,
): Promise<Buffer> {
  const files = new Map<string, string | Uint8Array | undefined>(await readArchive(bytes, "test"));
  for (const [name, content] of Object.entries(changes)) files.set(name, content);
  return makeTarGz(
    [...files].flatMap(([name, content]) => (content === undefined ? [] : [{ name: `/${name}`, content }])),
  );
}

/** A token as OPA makes it, over whatever is to be signed: what OPA itself would not sign. */
export function signToken(header: unknown, payload: unknown, { privateKey, algorithm }: SigningKey): string {
  const signed = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature =
    algorithm === "EdDSA"
      ? sign(null, Buffer.from(signed), privateKey)
      : sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${signed}.${signature.toString("base64url")}`;
}

export function signaturesOf(...tokens: readonly string[]): string {
  return JSON.stringify({ signatures: tokens });
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export type Service = {
  readonly url: string;
  /** Each request's headers. */
  readonly requests: IncomingMessage["headers"][];
  /** Hands these bytes out from now on; requests that are held get them at once. */
  offer(bytes: Uint8Array): void;
  /** Answers all requests from now on; undefined: as a bundle service does. */
  answer(answer: Answer | undefined): void;
  close(): Promise<void>;
};

/** OPA's bundle protocol: ETag, 304, and long polling where the request prefers it. */
export async function startService({ longPolls = true, port = 0 } = {}): Promise<Service> {
  let bytes: Uint8Array | undefined;
  let own: Answer | undefined;
  const requests: IncomingMessage["headers"][] = [];
  const held = new Set<() => void>();
  const etagOf = (): string =>
    `"${createHash("sha256")
      .update(bytes ?? "")
      .digest("hex")}"`;

  function respond(request: IncomingMessage, response: ServerResponse, isLate = false): void {
    if (bytes === undefined) return void response.writeHead(404).end();
    if (request.headers["if-none-match"] !== etagOf()) {
      const type = longPolls ? "application/vnd.openpolicyagent.bundles" : "application/gzip";
      return void response.writeHead(200, { etag: etagOf(), "content-type": type }).end(bytes);
    }
    const [, wait] = /wait=(\d+)/.exec(String(request.headers.prefer)) ?? [];
    if (!longPolls || wait === undefined || isLate) return void response.writeHead(304, { etag: etagOf() }).end();
    const timer = setTimeout(() => finish(), Number(wait) * 1_000);
    const finish = (): void => {
      clearTimeout(timer);
      held.delete(finish);
      respond(request, response, true);
    };
    held.add(finish);
    response.once("close", () => {
      clearTimeout(timer);
      held.delete(finish);
    });
  }

  const server = createServer((request, response) => {
    requests.push(request.headers);
    (own ?? respond)(request, response);
  });
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const service: Service = {
    url: `http://127.0.0.1:${address.port}/bundles/regate.tar.gz`,
    requests,
    offer(next) {
      bytes = next;
      for (const finish of [...held]) finish();
    },
    answer(next) {
      own = next;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
  afterAll(() => service.close().catch(() => undefined));
  return service;
}
