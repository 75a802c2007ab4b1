// What an issuer's keys may look like, and what is said of those that can't be used.
import { exportJWK, generateKeyPair } from "jose";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { COOLDOWN_MS, openKeySource } from "../../src/identity/key-source.ts";

let publicJwk: object;
let privateJwk: object;
beforeAll(async () => {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  publicJwk = await exportJWK(publicKey);
  privateJwk = await exportJWK(privateKey);
});

async function open(read: () => Promise<string>) {
  const log: string[] = [];
  const clock = { ms: 0 };
  const source = await openKeySource({
    name: "corp",
    read,
    monotonicMs: () => clock.ms,
    log: (line) => log.push(line),
  });
  onTestFinished(() => source.close());
  return { source, log, clock };
}

test("public keys are used; symmetric and private ones are left out, which is told", async () => {
  const oct = { kty: "oct", k: "c2VjcmV0" };
  const { source, log } = await open(async () => JSON.stringify({ keys: [publicJwk, oct, privateJwk, { kty: "X" }] }));
  expect(source.problem).toBeUndefined();
  expect(source.current()).toBeDefined();
  expect(log).toEqual(["auth: 3 keys of corp are no public keys: left out"]);
});

describe("what is no set of public keys", () => {
  test.each([
    ["<html>", "what is there is not JSON"],
    ["[]", "what is there is no JSON Web Key Set of at most 100 keys"],
    ['{"keys": {}}', "what is there is no JSON Web Key Set of at most 100 keys"],
    [
      JSON.stringify({ keys: Array(101).fill({ kty: "EC" }) }),
      "what is there is no JSON Web Key Set of at most 100 keys",
    ],
    ['{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}', "there is no public key in it"],
    ['{"keys": []}', "there is no public key in it"],
  ])("%s", async (text, problem) => {
    const { source, log } = await open(async () => text);
    expect(source.problem).toBe(problem);
    expect(source.current()).toBeUndefined();
    expect(log).toEqual([`auth: the keys of corp can't be had: ${problem}; its tokens are refused`]);
  });
});

test("what fails is told once, and once more when it is over; the same keys stay the same set", async () => {
  let fails = false;
  const { source, log, clock } = await open(async () => {
    if (fails) throw new Error("it is away");
    return JSON.stringify({ keys: [publicJwk] });
  });
  const first = source.current();
  const look = async () => {
    clock.ms += COOLDOWN_MS;
    await source.refresh();
  };
  fails = true;
  await look();
  await look();
  expect(source.current()).toBe(first);
  fails = false;
  await look();
  expect(source.current()).toBe(first);
  expect(log).toEqual([
    "auth: the keys of corp can't be had: it is away; those that are known are used on for a day",
    "auth: the keys of corp are there again",
  ]);
});
