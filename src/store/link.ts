// The connection to the store: the only file that knows the client library. Each script is one round trip, and over after a
// deadline, whatever the store does; while the store is known to be out of reach, nothing waits for it at all. It comes back
// by itself. What is in the store is not known here.
import { createClient, ErrorReply } from "@redis/client";
import { messageOf } from "../problem.ts";
import type { Script } from "./script.ts";

/** The store could not be asked, or did not answer: whether it did what it was asked is not known. The message is for the log. */
export class StoreError extends Error {
  override readonly name = "StoreError";
}

export type LinkOptions = {
  /** Without credentials. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Begins every key and channel. */
  readonly prefix: string;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  readonly log: (line: string, level?: "info") => void;
};

export interface StoreLink {
  /** The url, as it may be shown. */
  readonly shown: string;
  /** Why the store can't be used now; undefined where it can. */
  problem(): string | undefined;
  /**
   * Runs a script. @throws StoreError at the deadline at the latest
   * @param late gets the answer of a script that was too late, and whose caller has given up
   */
  run(
    script: Script,
    keys: readonly string[],
    args: readonly string[],
    late?: (reply: unknown) => void,
  ): Promise<unknown>;
  /** Hears what is said on a channel while the store can be used; what was said meanwhile is not. */
  hear(channel: string, listener: (message: string) => void): void;
  /** Runs each time that the store has become usable, before `problem` says so. Where it rejects, the store is tried again. */
  onUp(prepare: (run: StoreLink["run"]) => Promise<void>): void;
  /** Tries to connect; resolves when that is done, or has not been for as long as an answer may take. */
  open(): Promise<void>;
  close(): void;
}

const PROBE_MS = 1_000;
/** Silence on a connection on which something is asked each second: it is dead. */
const DEAD_MS = 5_000;
const MAX_RECONNECT_MS = 2_000;
const FIRST_RECONNECT_MS = 50;
const MAX_WAITING = 10_000;
/** Errors that say that the store, not the question, is at fault. */
const STORE_FAULT =
  /^(?:LOADING|READONLY|MASTERDOWN|OOM|NOAUTH|NOPERM|WRONGPASS|MISCONF|BUSY|CLUSTERDOWN|MOVED|NOREPLICAS)\b/;

export function createLink(options: LinkOptions): StoreLink {
  const { url, username, password, timeoutMs, log } = options;
  const client = createClient({
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    // a take that was given up must not be made later
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_WAITING,
    maintNotifications: "disabled",
    disableClientInfo: true,
    socket: { connectTimeout: DEAD_MS, socketTimeout: DEAD_MS, reconnectStrategy: pauseMs },
  });
  const heard = new Map<string, (message: string) => void>();
  const subscribed = new Set<string>();
  const preparations: ((run: StoreLink["run"]) => Promise<void>)[] = [];
  let problem: string | undefined = "it has not been reached yet";
  /** Why the connection is not there. */
  let broken = problem;
  let probing: NodeJS.Timeout | undefined;
  let isProbing = false;
  let closed = false;

  client.on("error", (error: unknown) => {
    broken = describe(error);
    goDown(broken);
  });
  client.on("ready", () => void probe());

  function goDown(why: string): void {
    if (closed) return;
    if (problem === undefined) log(`store ${url}: out of reach: ${why}`);
    problem = why;
  }

  function goUp(): void {
    if (problem !== undefined) log(`store ${url}: in use`, "info");
    problem = undefined;
  }

  /** Looks whether the store can be used; it alone says so. */
  async function probe(): Promise<void> {
    if (isProbing || closed) return;
    isProbing = true;
    try {
      if (!client.isReady) throw new StoreError(broken);
      const wasDown = problem !== undefined;
      if (wasDown) await ask(subscribe());
      // what can't be written can't be counted
      await ask(client.set(`${options.prefix}:probe`, "1", { PX: 60_000 }));
      if (wasDown) for (const prepare of preparations) await prepare(runNow);
      goUp();
    } catch (error) {
      goDown(describe(error));
    } finally {
      isProbing = false;
    }
  }

  async function subscribe(): Promise<void> {
    for (const [channel, listener] of heard) {
      if (subscribed.has(channel)) continue;
      await client.subscribe(channel, (message) => listener(message));
      subscribed.add(channel);
    }
  }

  /** The answer, or the error that there is none in time. */
  async function ask<T>(answer: Promise<T>, late?: (reply: T) => void): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    let isLate = false;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        reject(new StoreError(`it did not answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    answer.then(
      (reply) => isLate && late?.(reply),
      () => {},
    );
    try {
      return await Promise.race([answer, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async function evaluate({ sha1, text }: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await client.sendCommand(["EVALSHA", sha1, ...rest]);
    } catch (error) {
      if (!messageOf(error).startsWith("NOSCRIPT")) throw error;
      return await client.sendCommand(["EVAL", text, ...rest]);
    }
  }

  const runNow: StoreLink["run"] = async (script, keys, args, late) => {
    try {
      return await ask(evaluate(script, keys, args), late);
    } catch (error) {
      const why = describe(error);
      if (!(error instanceof ErrorReply) || STORE_FAULT.test(why)) goDown(why);
      throw new StoreError(`the store ${url} failed: ${why}`, { cause: error });
    }
  };

  return {
    shown: url,
    problem: () => problem,

    async run(script, keys, args, late) {
      if (problem !== undefined) throw new StoreError(`the store ${url} is out of reach: ${problem}`);
      return await runNow(script, keys, args, late);
    },

    hear: (channel, listener) => void heard.set(channel, listener),
    onUp: (prepare) => void preparations.push(prepare),

    async open() {
      client.connect().catch(() => {
        // "error" has said why
      });
      probing = setInterval(() => void probe(), PROBE_MS).unref();
      const untilMs = performance.now() + timeoutMs;
      while (problem !== undefined && performance.now() < untilMs) await new Promise((wait) => setTimeout(wait, 5));
      if (problem !== undefined) log(`store ${url}: out of reach: ${problem}`);
    },

    close() {
      closed = true;
      problem = "it was closed";
      clearInterval(probing);
      client.destroy();
    },
  };
}

/** Longer each time, and never the same for two gates that lost the store together. */
function pauseMs(retries: number): number {
  return Math.min(MAX_RECONNECT_MS, FIRST_RECONNECT_MS * 2 ** retries) * (0.5 + Math.random() / 2);
}

function describe(error: unknown): string {
  // node's error for a host of several addresses has an empty message
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0]);
  return messageOf(error);
}
