// A console as the gate serves it: over real HTTP, on a policy that OPA built; what servers list is given by the test.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Hono } from "hono";
import { onTestFinished } from "vitest";
import { type ApprovalDesk, createApprovals } from "../../src/approvals/approvals.ts";
import { composeConsole } from "../../src/compose-console.ts";
import { composeLive, type Live } from "../../src/compose-live.ts";
import { nameServers } from "../../src/compose-server-set.ts";
import type { ServerConfig } from "../../src/config/server-schema.ts";
import type { ConsolePorts } from "../../src/console/ports.ts";
import { createFreezes, type Freezes } from "../../src/freeze/freeze.ts";
import { type AppParts, createApp } from "../../src/http/app.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import { createLateApp } from "../../src/http/late-app.ts";
import { listen } from "../../src/http/listen.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { createOperatorCheck } from "../../src/http/operator-check.ts";
import { createOriginCheck } from "../../src/http/origin.ts";
import { createLimiter, type Limiter } from "../../src/limits/limiter.ts";
import { createRecentLines, type RecentLines } from "../../src/log/recent-lines.ts";
import { sha256OfDefinition } from "../../src/mcp/canonical.ts";
import { type ActivePolicy, loadActivePolicy } from "../../src/policy/active-policy.ts";
import { catalogueSchema } from "../../src/policy/catalogue.ts";
import { type Activity, createActivity } from "../../src/status/activity.ts";
import type { Status } from "../../src/status/status-schema.ts";
import { MemoryStore } from "../approvals/support.ts";
import { NO_CONNECTIONS } from "../credentials/sign-in-support.ts";
import { type Answer, send } from "../e2e/harness-wire.ts";
import { buildFolder, type Files, makeFolder, ROOT } from "../policy/support.ts";

export const OPERATOR_KEY = "operator-key-of-the-console-tests";

/** The same policy with another catalogue: what a build would make of it, without the time that it takes. */
export function withCatalogue(policy: ActivePolicy, servers: unknown): ActivePolicy {
  const current = { ...policy.current, catalogue: catalogueSchema.parse(servers) };
  return Object.create(policy, { current: { value: current } });
}

export function loadShipped(): Promise<ActivePolicy> {
  return loadActivePolicy(join(ROOT, "bundles/regate.tar.gz"));
}

/** What servers list now, by catalogue name: definitions, each with a name. */
export type Listings = Readonly<Record<string, readonly Definition[]>>;
export type Definition = Readonly<Record<string, unknown>> & { readonly name: string };

export function sha256Of(definition: Definition): string {
  return sha256OfDefinition(JSON.stringify(definition));
}

export async function loadPolicyOf(files: Files): Promise<ActivePolicy> {
  const file = join(await makeFolder({}), "bundle.tar.gz");
  await writeFile(file, (await buildFolder(await makeFolder(files))).bytes);
  return loadActivePolicy(file);
}

/** The live side of a gate before which servers have listed all of this. */
export function listAll(policy: ActivePolicy, listings: Listings, log: (line: string) => void = () => {}): Live {
  const live = composeLive(policy, log);
  for (const [server, definitions] of Object.entries(listings)) {
    const observer = live.observe(configure(server, "it"));
    const mark = observer.mark();
    for (const definition of definitions) {
      observer.listed(definition.name, { text: JSON.stringify(definition), sha256: sha256Of(definition) });
    }
    observer.wasWhole(mark);
  }
  return live;
}

function configure(catalogue: string, key: string): ServerConfig {
  return {
    kind: "http",
    key,
    catalogue,
    url: "http://127.0.0.1:1/mcp",
    headers: {},
    arguments: "checked",
    mode: "enforce",
  };
}

/** What the gate says of itself where a test says nothing else. */
export const QUIET: Status = {
  version: "0.1.0",
  instance: "00000000-0000-4000-8000-000000000000",
  started: "2026-11-02T12:00:00.000Z",
  now: "2026-11-02T12:00:00.000Z",
  policy: { file: "bundle.tar.gz", revision: "r1", digest: "d1", since: "2026-11-02T12:00:00.000Z" },
  bundle: { name: "regate" },
  frozen: [],
  servers: [],
  log: { file: "/decisions.jsonl", durable: false, on_failure: "continue", lost: 0, failing: false },
};

export type TestConsole = {
  readonly url: string;
  readonly freezes: Freezes;
  readonly approvals: ApprovalDesk;
  /** The one-time links that were sent out, in their order. */
  readonly links: readonly string[];
  readonly activity: Activity;
  readonly lines: RecentLines;
  readonly limiter: Limiter;
  readonly log: readonly string[];
  /** With the operator key in a header. */
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
  /** Sends a form as a browser does: with the page's own origin. */
  readonly post: (
    path: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  /** Signs in; the cookie. */
  readonly signIn: () => Promise<string>;
};

/** @param servers of the configuration: keys by catalogue name */
export async function startConsole(
  policy: ActivePolicy,
  listings: Listings = {},
  servers: Readonly<Record<string, string>> = {},
  status: Partial<Status> = {},
): Promise<TestConsole> {
  const lines = createRecentLines();
  const activity = createActivity(Date.now);
  const limiter = createLimiter({ monotonicMs: () => 0, journal: { append() {} }, maxBucketsPerPrincipal: 1_000 });
  const address = { host: "127.0.0.1", port: 0 };
  const log: string[] = [];
  const operatorKey = openOperatorKey({ configured: OPERATOR_KEY, store: new Map(), canShow: false }).key;
  const configured = Object.entries(servers).map(([catalogue, key]) => [key, configure(catalogue, key)] as const);
  const ask: ConsolePorts["ask"] = async (text) => {
    const evaluation = policy.current.engine.evaluate(text);
    return evaluation.kind === "failed"
      ? evaluation
      : { kind: "decided", id: "asked-1", decision: evaluation.decision };
  };
  const links: string[] = [];
  let requests = 0;
  const approvals = createApprovals({
    store: new MemoryStore(),
    unixMs: Date.now,
    monotonicMs: () => performance.now(),
    newId: () => `request-${++requests}`,
    fourEyes: false,
    revision: () => "r1",
    hasApprover: () => true,
    urlOf: () => undefined,
    announce: (_request, link) => links.push(link),
    onProblem: (line) => log.push(line),
  });
  onTestFinished(() => approvals.close());
  const catalogueNames = configured.map(([, { key, catalogue }]) => [key, catalogue] as const);
  const freezes = createFreezes({
    store: new Map(),
    servers: new Map(catalogueNames),
    unixMs: Date.now,
    log: (line) => log.push(line),
  });
  const parts: AppParts = {
    instance: "instance-1",
    all: () => Promise.reject(new Error("nobody asks for all servers here")),
    endpoints: new Map(),
    originCheck: createOriginCheck({ listen: address, allowedHosts: [], allowedOrigins: [] }),
    authenticator: createAuthenticator([]),
    operator: createOperatorCheck(operatorKey),
    freezes,
    reload: () => Promise.reject(new Error("not expected")),
    status: () => {
      throw new Error("not expected");
    },
    documents: () => new Map(),
    provenance: () => ({ version: "0.0.0", revision: "r1" }),
    judge: () => Promise.reject(new Error("not expected")),
    approvals,
    connections: NO_CONNECTIONS,
    metrics: new Hono(),
    maxBodyBytes: 1_024,
    maxDepth: 16,
    notReady: () => undefined,
    prove: () => undefined,
    console: composeConsole({
      config: { timezone: "UTC" },
      servers: nameServers(new Map(configured).values()).byCatalogue,
      policy,
      version: QUIET.version,
      status: () => ({ ...QUIET, ...status }),
      freezes,
      approvals,
      activity,
      lines,
      limiter,
      ask,
      live: listAll(policy, listings, (line) => log.push(line)),
      acceptsKey: operatorKey.accepts,
      log: (line) => log.push(line),
    }),
    log: (line) => log.push(line),
  };
  const app = createLateApp(parts, async () => createApp(parts));
  const server = await listen(app, address);
  onTestFinished(() => server.close());
  const { url } = server;
  const post: TestConsole["post"] = (path, form, headers) => {
    const type = "application/x-www-form-urlencoded";
    return send(
      `${url}${path}`,
      "POST",
      { origin: url, "content-type": type, ...headers },
      String(new URLSearchParams(form)),
    );
  };
  return {
    url,
    freezes,
    approvals,
    links,
    activity,
    lines,
    limiter,
    log,
    get: (path, headers = { authorization: `Bearer ${OPERATOR_KEY}` }) => send(`${url}${path}`, "GET", headers),
    post,
    async signIn() {
      const answer = await post("/console/sign-in", { key: OPERATOR_KEY });
      return cookieOf(answer);
    },
  };
}

/** The cookie that an answer sets, as a browser sends it back. */
export function cookieOf({ headers }: Answer): string {
  return String(headers["set-cookie"]).split(";", 1)[0] ?? "";
}

/** What a person reads of a page, or of a piece of it: the text without its tags. */
export function readPage(answer: Answer | string): string {
  const page = typeof answer === "string" ? answer : answer.text;
  return decode(page.replace(/^[\s\S]*<main[^>]*>|<\/main>[\s\S]*$/g, "").replace(/<[^>]*>/g, ""));
}

/** The addresses that the rows of a list lead to. */
export function linksOf({ text }: Answer): string[] {
  return [...text.matchAll(/<th scope="row"><a href="([^"]*)"/g)].map(([, href = ""]) => decode(href));
}

function decode(text: string): string {
  const named: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (whole, name: string) => named[name] ?? whole);
}
