// The ends of sessions, at two gates on one real store.
import { expect, test } from "vitest";
import { createSharedEnds } from "../../src/store/shared-ends.ts";
import { openLink, useRedis } from "./support.ts";

const redis = useRedis("--appendonly", "no");
const DAY_MS = 86_400_000;

async function gateAt(prefix?: string) {
  const own = new Map<string, number>();
  const heard: string[] = [];
  const { link, ...rest } = await openLink(
    { url: redis().url },
    { ...(prefix !== undefined && { prefix }), isLazy: true },
  );
  const ends = createSharedEnds({
    link,
    prefix: rest.prefix,
    own: { has: (name) => own.has(name), add: (name, expires) => void own.set(name, expires) },
    onEnd: (name) => heard.push(name),
    log: () => {},
  });
  return { link, ends, own, heard, prefix: rest.prefix };
}

test("an end is known at the other gate at once, and at one that starts later before it is in use", async () => {
  const a = await gateAt();
  const b = await gateAt(a.prefix);
  expect(a.ends.isComplete()).toBe(false);
  await a.link.open();
  await b.link.open();
  expect(a.ends.isComplete()).toBe(true);
  const expires = Date.now() + DAY_MS;
  a.ends.add("one", expires);
  expect(a.ends.has("one")).toBe(true);
  await expect.poll(() => b.ends.has("one")).toBe(true);
  expect([b.heard, b.own.get("one")]).toEqual([["one"], expires]);
  expect(a.heard).toEqual([]);
  const late = await gateAt(a.prefix);
  await late.link.open();
  expect(late.ends.has("one")).toBe(true);
});

test("an end while the store is out of reach counts here at once, and is told when it is back; what has expired is not", async () => {
  const a = await gateAt();
  // nothing is open yet
  a.ends.add("early", Date.now() + DAY_MS);
  a.ends.add("expired", Date.now() - 1_000);
  expect(a.ends.has("early")).toBe(true);
  await a.link.open();
  const b = await gateAt(a.prefix);
  await b.link.open();
  expect([b.ends.has("early"), b.ends.has("expired")]).toEqual([true, false]);
});

test("what was said while a gate was cut off is read when it is back", async () => {
  const a = await gateAt();
  const b = await gateAt(a.prefix);
  await a.link.open();
  await b.link.open();
  await redis().ask("CLIENT KILL TYPE pubsub");
  await redis().ask("CLIENT KILL TYPE normal");
  a.ends.add("missed", Date.now() + DAY_MS);
  await expect.poll(() => b.ends.has("missed"), { timeout: 10_000 }).toBe(true);
});
