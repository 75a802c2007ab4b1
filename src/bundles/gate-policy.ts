// The policy of a gate and where it comes from: a file, or a service that is asked again and again. A bundle takes the place of
// the last one when it is verified, newer, started and tried, and not before; whatever is wrong with it, the last good one
// judges on. Where nothing ever came, nothing judges: every call is refused.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { BundleSource } from "../config/bundle-schema.ts";
import { type ActivePolicy, type LoadedPolicy, type Reload, startPolicy } from "../policy/active-policy.ts";
import { parseFiles, readArchive, readBundleFile } from "../policy/bundle.ts";
import { createNoPolicy, NO_REVISION } from "../policy/no-policy.ts";
import { Problem } from "../problem.ts";
import { download } from "./download.ts";
import { contentHash } from "./file-hash.ts";
import { createKept, type Kept } from "./kept.ts";
import { createOrder, type Seen, type SeenStore } from "./order.ts";
import { nextDelayMs } from "./pace.ts";
import { type PinnedKey, verifySignature } from "./signature.ts";
import { type BundleStatus, createStatus, describeProblem } from "./status.ts";

export type GatePolicyOptions = {
  readonly source: BundleSource;
  /** Names the source for people, without anything secret. */
  readonly shown: string;
  /** Undefined: bundles need not be signed. */
  readonly pinned: PinnedKey | undefined;
  /** Whether a bundle that was replaced may come back without being asked for. */
  readonly allowRollback: boolean;
  /** The state folder. */
  readonly dir: string;
  readonly seen: SeenStore;
  readonly unixMs: () => number;
  /** Another bundle has come into force. */
  readonly swapped: (from: LoadedPolicy, to: LoadedPolicy) => void;
  /** After each try to take one. */
  readonly tried: () => void;
  readonly log: (line: string) => void;
};

export type ReloadOptions = { readonly allowRollback: boolean };

export interface GatePolicy extends ActivePolicy {
  /** Reads the file again, or asks the service now. */
  reload(options?: ReloadOptions): Promise<Reload>;
  status(): BundleStatus;
  /** Why nothing can be judged; undefined where it can. */
  notReady(): string | undefined;
  /** From now on the service is asked. */
  start(): void;
  close(): Promise<void>;
}

type Outcome = { readonly reload: Reload; readonly longPolls?: boolean };
type Told = ReloadOptions | undefined;

const NOT_YET = "no policy bundle is in force yet, so nothing is called; regate status says what it waits for";

/** @throws Problem where the bundle of a file can't be taken, and no earlier one of it was kept */
export async function openGatePolicy(options: GatePolicyOptions): Promise<GatePolicy> {
  const { source, shown, pinned, dir, log } = options;
  let current = createNoPolicy(NOT_YET);
  /** What the service calls the bundle in force. */
  let etag: string | undefined;
  let taking: Promise<unknown> = Promise.resolve();
  let polling: Promise<void> | undefined;
  const closing = new AbortController();
  const status = createStatus(options.unixMs, options.tried, log);
  /** A file that nobody signed is whatever its owner makes it: also an older one. */
  const isGuarded = source.kind === "service" || pinned !== undefined;
  const order = createOrder(options.seen, log);
  const kept = createKept(dir, source.kind === "service" ? source.url : source.file, log);

  /** @throws Problem where it must not, or can't, judge */
  async function take({ bytes, etag: name }: Kept, told: Told, isKept: boolean): Promise<Reload> {
    const from = current;
    const digest = createHash("sha256").update(bytes).digest("hex");
    if (digest !== from.engine.revision.digest) {
      const files = await readArchive(bytes, shown);
      const sequence = pinned && verifySignature(files, pinned, shown).sequence;
      const bundle = parseFiles(files, bytes, shown);
      const content = isGuarded ? contentHash(files) : "";
      if (content === undefined)
        throw new Problem([`${shown}: a file of it is no JSON; build it again with \`regate build\``]);
      const id = sequence === undefined ? content : `${content} ${sequence}`;
      const seen: Seen = { id, revision: bundle.revision, sequence };
      const refusal = isGuarded && !options.allowRollback && told?.allowRollback !== true && order.refusal(seen);
      if (refusal) {
        throw new Problem([`${shown}: it is an older one (${refusal}); regate reload --allow-rollback takes it`]);
      }
      current = await startPolicy(bundle);
      if (isGuarded) order.activated(seen);
      status.activated(bundle.revision);
      options.swapped(from, current);
    }
    etag = name;
    if (isGuarded && !isKept) await kept.write({ bytes, etag });
    const to = current.engine.revision;
    return from === current ? { kind: "unchanged", revision: to } : { kind: "swapped", from: from.engine.revision, to };
  }

  /** One after the other, so that none that came earlier comes in last. */
  function takeInTurn(given: Kept, told: Told, isKept = false): Promise<Reload> {
    const next = taking.then(() => take(given, told, isKept));
    taking = next.catch(() => undefined);
    return next;
  }

  function fail(problem: string, httpStatus?: number): Reload {
    status.failed(problem, httpStatus);
    return { kind: "kept", revision: current.engine.revision, problem };
  }

  async function ask(told: Told, waitSeconds?: number): Promise<Outcome> {
    status.requested();
    if (source.kind === "file") {
      const bytes = await readBundleFile(source.file, shown);
      status.answered();
      return { reload: await takeInTurn({ bytes, etag: undefined }, told) };
    }
    const { timeoutSeconds, ...service } = source;
    const timeoutMs = timeoutSeconds * 1_000;
    const answer = await download({ ...service, etag, waitSeconds, timeoutMs, signal: closing.signal });
    if (answer.kind === "failed") return { reload: fail(`${shown}: ${answer.problem}`, answer.httpStatus) };
    status.answered();
    if (answer.kind === "unchanged") return { reload: { kind: "unchanged", revision: current.engine.revision } };
    status.downloaded(answer.bytes.length);
    const { longPolls } = answer;
    try {
      return { reload: await takeInTurn(answer, told), longPolls };
    } catch (error) {
      return { reload: fail(describeProblem(error)), longPolls };
    }
  }

  /** Never rejects for what is wrong with the source or its bundle. */
  async function tryOnce(told?: Told, waitSeconds?: number): Promise<Outcome> {
    try {
      const outcome = await ask(told, waitSeconds);
      if (outcome.reload.kind !== "kept") status.succeeded();
      return outcome;
    } catch (error) {
      return { reload: fail(describeProblem(error)) };
    }
  }

  async function poll(service: Extract<BundleSource, { kind: "service" }>): Promise<void> {
    let failures = 0;
    let longPolls = false;
    while (!closing.signal.aborted) {
      const started = performance.now();
      const waitSeconds = longPolls ? service.polling.longPollingTimeoutSeconds : undefined;
      const outcome = await tryOnce(undefined, waitSeconds);
      failures = outcome.reload.kind === "kept" ? failures + 1 : 0;
      longPolls = outcome.longPolls ?? longPolls;
      const asked = { failures, longPolls, tookMs: performance.now() - started };
      const delayMs = nextDelayMs(asked, service.polling, Math.random());
      await sleep(delayMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  /** @returns why it can't judge; undefined where it does */
  async function useKept(): Promise<string | undefined> {
    const found = isGuarded ? await kept.read() : undefined;
    if (found === undefined) return "there is no earlier one";
    try {
      await takeInTurn(found, undefined, true);
      log(
        `bundle: revision ${current.engine.revision.revision} is the last good one of ${shown}, kept in ${kept.file}`,
      );
      return undefined;
    } catch (error) {
      const problem = describeProblem(error);
      log(`bundle: the last good one, kept in ${kept.file}, can't be taken: ${problem}`);
      return problem;
    }
  }

  async function startWithFile(): Promise<void> {
    try {
      await ask(undefined);
      status.succeeded();
    } catch (error) {
      const problem = describeProblem(error);
      if ((await useKept()) !== undefined) throw new Problem([problem]);
      status.failed(problem);
    }
  }

  if (source.kind === "service") await useKept();
  else await startWithFile();

  return {
    get current() {
      return current;
    },
    classify: (definitionText) => current.engine.classify(definitionText),
    reload: async (told) => (await tryOnce(told)).reload,
    status: status.read,
    notReady: () => (current.engine.revision === NO_REVISION ? NOT_YET : undefined),
    start() {
      if (source.kind === "service") polling ??= poll(source);
    },
    async close() {
      closing.abort();
      await polling;
      await taking;
    },
  };
}
