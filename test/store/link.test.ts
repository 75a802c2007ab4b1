// The link to a real store that is killed, stands still, or refuses: what is asked ends in time, and it comes back by itself.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { StoreError, type StoreLink } from "../../src/store/link.ts";
import { problemsOf, watchPersistence } from "../../src/store/persistence.ts";
import { makeScript } from "../../src/store/script.ts";
import { freePort, startRedis } from "./redis-server.ts";
import { openLink, useRedis } from "./support.ts";

const redis = useRedis("--appendonly", "no");
const COUNT = makeScript("return redis.call('INCR', KEYS[1])");

async function until(link: StoreLink, usable: boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && (link.problem() === undefined) !== usable; tries += 1) await sleep(10);
  expect(link.problem() === undefined).toBe(usable);
}

test("a script runs whole, and is known again after the store has forgotten all scripts", async () => {
  const { link, prefix } = await openLink(redis());
  expect(await link.run(COUNT, [`${prefix}:n`], [])).toBe(1);
  await redis().ask("SCRIPT FLUSH");
  expect(await link.run(COUNT, [`${prefix}:n`], [])).toBe(2);
});

test("a store that is killed is out of reach at once, and in use again when it is back, prepared first", async () => {
  const own = await startRedis();
  onTestFinished(own.remove);
  const { link, prefix, lines } = await openLink(own);
  let prepared = 0;
  link.onUp(async (run) => {
    expect(link.problem()).toBeDefined();
    prepared = Number(await run(COUNT, [`${prefix}:prepared`], []));
  });
  await link.run(COUNT, [`${prefix}:n`], []);
  await own.kill();
  await until(link, false);
  await expect(link.run(COUNT, [`${prefix}:n`], [])).rejects.toThrow(StoreError);
  await own.start();
  await until(link, true);
  expect(prepared).toBe(1);
  expect(await link.run(COUNT, [`${prefix}:n`], [])).toBe(2);
  expect(lines.map((line) => line.replace(/redis:\S+:/, "URL:").replace(/(out of reach).*/, "$1"))).toEqual([
    "store URL: in use",
    "store URL: out of reach",
    "store URL: in use",
  ]);
});

test("a store that stands still is given up at the deadline, asked no more, and used again when it answers", async () => {
  const { link, prefix } = await openLink(redis(), { timeoutMs: 100 });
  await redis().ask("CLIENT PAUSE 1500 ALL");
  const late: unknown[] = [];
  await expect(link.run(COUNT, [`${prefix}:n`], [], (reply) => late.push(reply))).rejects.toThrow("within 100 ms");
  await expect(link.run(COUNT, [`${prefix}:n`], [])).rejects.toThrow("out of reach");
  await until(link, true);
  // what was given up may have been done: whoever asked hears of it
  expect(late).toEqual([1]);
  expect(await link.run(COUNT, [`${prefix}:n`], [])).toBe(2);
});

test("a store that is not there, or wants another password, is no reason not to start; the password is never said", async () => {
  const port = await freePort();
  const gone = await openLink({ url: `redis://127.0.0.1:${port}` }, { timeoutMs: 100 });
  expect(gone.lines).toEqual([expect.stringMatching(/out of reach: .*ECONNREFUSED/)]);
  const guarded = await startRedis("--requirepass", "the-right-one");
  onTestFinished(guarded.remove);
  const wrong = await openLink(guarded, { password: "a-wrong-one", timeoutMs: 1_000 });
  expect(wrong.link.problem()).toMatch(/WRONGPASS/);
  expect(wrong.lines.join()).not.toContain("a-wrong-one");
  const right = await openLink(guarded, { password: "the-right-one" });
  expect(right.link.problem()).toBeUndefined();
});

test("a store that takes no writes is out of reach", async () => {
  const full = await startRedis();
  onTestFinished(full.remove);
  const { link, prefix } = await openLink(full);
  await full.ask("CONFIG SET maxmemory 1");
  await expect(link.run(COUNT, [`${prefix}:n`], [])).rejects.toThrow("OOM");
  expect(link.problem()).toMatch(/OOM/);
  await full.ask("CONFIG SET maxmemory 0");
  await until(link, true);
});

describe("the store's settings", () => {
  test("are told where they would fill buckets, once", async () => {
    const { link, lines } = await openLink(redis());
    const said: string[] = [];
    watchPersistence(link, (line) => said.push(line));
    await redis().ask("CLIENT KILL TYPE normal");
    await expect.poll(() => lines.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(3);
    expect(said).toEqual([expect.stringMatching(/keeps no append-only file.*set appendonly yes$/)]);
  });

  test("are fine with an append-only file and without eviction", () => {
    expect(problemsOf("aof_enabled:1\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\n")).toEqual([]);
    expect(problemsOf("aof_enabled:1\r\nmaxmemory:1024\r\nmaxmemory_policy:noeviction\r\n")).toEqual([]);
    expect(problemsOf("aof_enabled:1\r\nmaxmemory:1024\r\nmaxmemory_policy:allkeys-lru\r\n")).toEqual([
      expect.stringMatching(/evicts keys.*maxmemory-policy noeviction/),
    ]);
  });
});
