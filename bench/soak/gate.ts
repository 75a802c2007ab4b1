// One gate of a soak: the real process in a folder of its own, started again whenever it was killed. What it must not do by itself
// (end, warn, report a bug) is a finding.
import { appendFileSync } from "node:fs";
import { copyFile, rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type SoakProcess, startProcess } from "./process.ts";

export const OPERATOR_KEY = "operator-key-of-the-soak";
const MAIN = resolve("dist/main.js");
const COLLECT = resolve("bench/soak/collect-garbage.mjs");
/** What no gate may say. */
const ALARM = /internal error|Warning:|unhandled|uncaught/i;
const START_TRIES = 100;
const RETRY_MS = 100;

export type GateSetup = {
  readonly name: string;
  /** Of its configuration, its state and its log. */
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly bundles: readonly [string, string];
  /** What it holds once garbage is collected is written there, line by line. */
  readonly memoryFile?: string | undefined;
  readonly find: (finding: string) => void;
};

export class SoakGate {
  readonly name: string;
  readonly folder: string;
  readonly configFile: string;
  readonly logFile: string;
  /** Counted over all runs of it. */
  readonly count = { starts: 0, kills: 0, stops: 0, reloads: 0, refusedStarts: 0 };
  /** Calls that it judged, as far as their clients heard, since its last start. */
  served = 0;
  #url = "http://127.0.0.1:9";
  #process: SoakProcess | undefined;
  #bundle = 0;

  private constructor(private readonly setup: GateSetup) {
    this.name = setup.name;
    this.folder = setup.folder;
    this.configFile = join(setup.folder, "regate.yaml");
    this.logFile = join(setup.folder, "state/decisions.jsonl");
  }

  static async make(setup: GateSetup): Promise<SoakGate> {
    const gate = new SoakGate(setup);
    const bundle = join(setup.folder, "bundle.tar.gz");
    await copyFile(setup.bundles[0], bundle);
    const state = join(setup.folder, "state");
    await writeFile(gate.configFile, JSON.stringify({ listen: "127.0.0.1:0", bundle, state, ...setup.config }));
    return gate;
  }

  /** Of its last run: nobody listens there while it is down. */
  get url(): string {
    return this.#url;
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** Starts it; while its disk is full it may say no, in one line, and is asked again. */
  async start(): Promise<void> {
    for (let tries = 0; tries < START_TRIES; tries += 1) {
      const refusal = await this.tryStart();
      if (refusal === undefined) return;
      await sleep(RETRY_MS);
    }
    throw new Error(`${this.name} did not start again:\n${this.#process?.lastLines().join("\n")}`);
  }

  /** @returns why it refused to start, in its own words */
  async tryStart(): Promise<string | undefined> {
    const { name, setup } = this;
    const { memoryFile } = setup;
    const flags = memoryFile === undefined ? [] : ["--expose-gc", "--import", COLLECT];
    const started = startProcess(process.execPath, [...flags, MAIN, "serve", "-c", this.configFile], {
      cwd: this.folder,
      env: { REGATE_OPERATOR_KEY: OPERATOR_KEY, ...(memoryFile !== undefined && { SOAK_MEMORY: memoryFile }) },
      onLine: (line) => {
        appendFileSync(join(this.folder, "serve.log"), `${line}\n`);
        if (ALARM.test(line)) setup.find(`${name} said: ${line}`);
      },
      onEnd: ({ code, signal }) => {
        if (this.#process === started) setup.find(`${name} ended by itself (${code ?? signal}): ${saidBy(started)}`);
      },
    });
    const listening = started.printed(/listening on (http:\S+)/).then(
      (url) => ({ url }),
      () => undefined,
    );
    const listened = await listening;
    if (listened !== undefined) {
      this.#process = started;
      this.#url = listened.url;
      this.count.starts += 1;
      this.served = 0;
      return undefined;
    }
    const { code, signal } = await started.ended;
    this.count.refusedStarts += 1;
    if (code !== 2) setup.find(`${name} could not start, and ended with ${code ?? signal}: ${saidBy(started)}`);
    return saidBy(started);
  }

  /** Kills it with -9, or lets it end by itself. Nobody listens afterwards. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const ending = this.#process;
    if (ending === undefined) return;
    this.#process = undefined;
    const { code } = await ending.kill(signal);
    this.count[signal === "SIGKILL" ? "kills" : "stops"] += 1;
    if (signal === "SIGTERM" && code !== 0) this.setup.find(`${this.name} ended with ${code}: ${saidBy(ending)}`);
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.signal(signal);
  }

  /** Stops this run of it, and lets the same one go on after a while: by then another may have taken its place, or it may be told to end. */
  async holdUp(forMs: number): Promise<void> {
    const held = this.#process;
    held?.signal("SIGSTOP");
    await sleep(forMs);
    held?.signal("SIGCONT");
  }

  /** Puts the other bundle in the place of the one in force. */
  async reload(): Promise<void> {
    this.#bundle = 1 - this.#bundle;
    const next = join(this.folder, "next.tar.gz");
    await copyFile(this.setup.bundles[this.#bundle] ?? "", next);
    // as a build does: whole, or not at all
    await rename(next, join(this.folder, "bundle.tar.gz"));
    this.signal("SIGHUP");
    this.count.reloads += 1;
  }

  async ask(path: string, method: "GET" | "POST", body?: unknown): Promise<unknown> {
    const answer = await fetch(`${this.#url}${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_KEY}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(2_000),
    });
    return await answer.json();
  }
}

function saidBy(process: SoakProcess): string {
  return process.lastLines().slice(-3).join(" | ");
}
