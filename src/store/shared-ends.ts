// Sessions that were ended, at whichever gate: each gate knows all of them in memory, since they are looked up at each request.
// An end is written to the store and told to the others at once; a gate that was away reads all that it missed before it goes
// on. An end that can't be written counts here, and is written when the store is back.
import { z } from "zod";
import type { StoreLink } from "./link.ts";
import { makeScript, SERVER_TIME } from "./script.ts";

/** What this gate knew before, and keeps over restarts. */
export interface OwnEnds {
  has(name: string): boolean;
  add(name: string, expiresUnixMs: number): void;
}

export type SharedEndsOptions = {
  readonly link: Pick<StoreLink, "run" | "hear" | "onUp">;
  readonly prefix: string;
  readonly own: OwnEnds;
  /** Told of each session that has ended elsewhere. */
  readonly onEnd: (name: string) => void;
  readonly log: (line: string) => void;
};

export interface SharedEnds extends OwnEnds {
  /** Whether it has read once what the others know. */
  isComplete(): boolean;
}

const END = makeScript(`redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
redis.call('PUBLISH', KEYS[1], cjson.encode({ ARGV[1], ARGV[2] }))
return 1`);

/** Forgets those whose ids have expired. */
const READ = makeScript(`${SERVER_TIME}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
return redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')`);

const flatPairs = z.array(z.union([z.string(), z.number()]));
const heardEnd = z.tuple([z.string(), z.coerce.number()]);

export function createSharedEnds({ link, prefix, own, onEnd, log }: SharedEndsOptions): SharedEnds {
  const key = `${prefix}:ended`;
  /** Ended here, and not in the store yet. */
  const unsent = new Map<string, number>();
  let complete = false;

  function learn(name: string, expiresUnixMs: number): void {
    if (own.has(name)) return;
    try {
      own.add(name, expiresUnixMs);
    } catch (error) {
      log(`the end of a session can't be written: ${String(error)}`);
    }
    onEnd(name);
  }

  async function send(run: StoreLink["run"], name: string, expiresUnixMs: number): Promise<void> {
    await run(END, [key], [name, String(expiresUnixMs)]);
    unsent.delete(name);
  }

  link.hear(key, (message) => {
    const [name, expiresUnixMs] = heardEnd.parse(JSON.parse(message));
    learn(name, expiresUnixMs);
  });
  link.onUp(async (run) => {
    for (const [name, expiresUnixMs] of [...unsent]) await send(run, name, expiresUnixMs);
    const pairs = flatPairs.parse(await run(READ, [key], []));
    for (let at = 0; at + 1 < pairs.length; at += 2) learn(String(pairs[at]), Number(pairs[at + 1]));
    complete = true;
  });

  return {
    has: (name) => own.has(name),
    add(name, expiresUnixMs) {
      unsent.set(name, expiresUnixMs);
      // it stays in `unsent` where that fails
      send(link.run, name, expiresUnixMs).catch(() => {});
      own.add(name, expiresUnixMs);
    },
    isComplete: () => complete,
  };
}
