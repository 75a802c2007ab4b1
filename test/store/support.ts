// What the tests of the store share: one redis-server for a test file, and links to it that end with the test.
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { createLink, type LinkOptions, type StoreLink } from "../../src/store/link.ts";
import { type RedisServer, startRedis } from "./redis-server.ts";

/** The server, once the file's tests run. */
export function useRedis(...args: readonly string[]): () => RedisServer {
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = await startRedis(...args);
  });
  afterAll(() => server?.remove());
  return () => {
    if (server === undefined) throw new Error("no test runs yet");
    return server;
  };
}

export type TestLink = { readonly link: StoreLink; readonly prefix: string; readonly lines: string[] };

/** @param change `isLazy`: it is not opened yet; the prefix is the link's own where none is given */
export async function openLink(
  server: Pick<RedisServer, "url">,
  { isLazy = false, ...change }: Partial<LinkOptions> & { readonly isLazy?: boolean } = {},
): Promise<TestLink> {
  const prefix = change.prefix ?? `t-${randomUUID()}`;
  const lines: string[] = [];
  const link = createLink({
    url: server.url,
    username: undefined,
    password: undefined,
    timeoutMs: 2_000,
    log: (line) => lines.push(line),
    ...change,
    prefix,
  });
  onTestFinished(() => link.close());
  if (!isLazy) await link.open();
  return { link, prefix, lines };
}
