// What `store` and `sessionKeyFile` may say, and what a person is told who wrote something else.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/config.ts";
import { Problem } from "../../src/problem.ts";
import { scratchFolder } from "../limits/support.ts";

const ENV = { REDIS_PASSWORD: "p@ss:w/rd" };

function load(yaml: string) {
  const dir = scratchFolder();
  writeFileSync(join(dir, "regate.yaml"), yaml);
  return { dir, config: loadConfig("regate.yaml", ENV, dir) };
}

function problemOf(yaml: string): string {
  try {
    load(yaml);
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
  throw new Error("it was taken");
}

test("one line names a store, with every default; without it there is none", () => {
  expect(load("store: redis://127.0.0.1").config.store).toEqual({
    url: "redis://127.0.0.1:6379",
    username: undefined,
    password: undefined,
    failure: "closed",
    localShare: 0.25,
    prefix: "regate",
    timeoutMs: 500,
  });
  expect(load("listen: 127.0.0.1:0").config).toMatchObject({ store: undefined, sessionKeyFile: undefined });
});

test("a gate on a store has others to hand over to when it stops", () => {
  expect(load("store: redis://127.0.0.1").config.drain).toEqual({ grace: 2, calls: 10 });
  expect(load("store: redis://127.0.0.1\ndrain: { grace: 0 }").config.drain).toEqual({ grace: 0, calls: 10 });
});

test("a mapping says the rest, with credentials from the environment and paths beside the file", () => {
  const { dir, config } = load(`
sessionKeyFile: keys/sessions.key
store:
  url: rediss://redis.example.com/3
  username: gate
  password: \${REDIS_PASSWORD}
  failure: local
  localShare: 0.5
  prefix: prod-1
  timeoutMs: 200`);
  expect(config.store).toEqual({
    url: "rediss://redis.example.com:6379/3",
    username: "gate",
    password: ENV.REDIS_PASSWORD,
    failure: "local",
    localShare: 0.5,
    prefix: "prod-1",
    timeoutMs: 200,
  });
  expect(config.sessionKeyFile).toBe(join(dir, "keys/sessions.key"));
});

test.each([
  ["store: 127.0.0.1:6379", /store: (?:is no URL|must begin with redis)/],
  ["store: http://127.0.0.1:6379", "store: must begin with redis:// or rediss://"],
  ["store: redis://me:secret-word@127.0.0.1", "store: must not hold credentials; write store as a mapping"],
  ["store: redis://127.0.0.1/one", "store: must be a host, a port and the number of a database at most"],
  ["store: redis://redis.example.com", "unencrypted; use rediss://, or write store as a mapping with allowPlain: true"],
  ["store: 7", "store: must be a mapping of names to values"],
  ["store: { failure: local }", "store.url: is missing"],
  ["store: { url: 'redis://[::1]', failure: open }", "store.failure: must be closed or local"],
  ["store: { url: 'redis://[::1]', localShare: 0.5 }", "store.localShare: has a meaning only with failure: local"],
  ["store: { url: 'redis://[::1]', failure: local, localShare: 0 }", "store.localShare: must be a number above 0"],
  ["store: { url: 'redis://[::1]', failure: local, localShare: 2 }", "store.localShare: must be a number above 0"],
  ["store: { url: 'redis://[::1]', timeoutMs: 5 }", "store.timeoutMs: must be a whole number of milliseconds"],
  ["store: { url: 'redis://[::1]', prefix: 'a:*' }", "store.prefix: must be 1 to 64 letters"],
  ["store: { url: 'redis://[::1]', username: me }", "store.username: needs a password"],
  [
    `store: { url: 'redis://[::1]', password: '$\{NOT_SET}' }`,
    "store.password: names the environment variable NOT_SET",
  ],
  ["store: { url: 'redis://[::1]', pasword: x }", "store.pasword: is not known here; did you mean password?"],
  ["drain: { grace: -1 }", "drain.grace: must be a whole number from 0 to 600"],
  ["sessionKeyFile: 7", "sessionKeyFile: must be text"],
])("%s is refused with where, what and the remedy", (yaml, message) => {
  const problem = problemOf(yaml);
  expect(problem).toMatch(/^regate\.yaml:1:\d+ /);
  if (typeof message === "string") expect(problem).toContain(message);
  else expect(problem).toMatch(message);
  expect(problem).not.toContain("secret-word");
});
