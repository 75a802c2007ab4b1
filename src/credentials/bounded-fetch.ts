// What the gate may be led to by a server's and an authorization server's documents: https only, never into this machine or a
// private network from outside of it, no redirect, in bounded time and size.
import { BlockList, isIP } from "node:net";
import { isLoopback } from "../config/listen.ts";
import { fetchText } from "../fetch-text.ts";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 65_536;
/** Answers of these have no body. */
const BODILESS = new Set([204, 205, 304]);

/** Its message may be shown to whoever signs in: it names no secret, and nothing of an answer's text. */
export class SignInProblem extends Error {
  override readonly name = "SignInProblem";
}

const PRIVATE = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  PRIVATE.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  PRIVATE.addSubnet(net, bits, "ipv6");

/**
 * Why a URL that `server` led to is not to be followed; undefined where it may be. Names are not resolved: what answers there must
 * have a certificate for its name.
 */
export function refusedUrl(url: URL, server: URL): string | undefined {
  if (url.username !== "" || url.password !== "") return "it holds credentials";
  if (url.origin === server.origin) return undefined;
  const [host, own] = [hostOf(url), hostOf(server)];
  if (isLoopback(own) && isLoopback(host) && (url.protocol === "http:" || url.protocol === "https:")) return undefined;
  if (url.protocol !== "https:") return "it is not https";
  if (isInner(host) && !isInner(own)) return "it lies in a private network, and the server does not";
  return undefined;
}

/** For the SDK's client: what is refused, and what does not answer, throws a SignInProblem. */
export function createBoundedFetch(server: URL): (url: string | URL, init?: RequestInit) => Promise<Response> {
  return async (given, init = {}) => {
    const url = new URL(given);
    const refused = refusedUrl(url, server);
    if (refused !== undefined) throw new SignInProblem(`${url.origin} is not asked: ${refused}`);
    const fetched = await fetchText(url.href, {
      method: init.method === "POST" ? "POST" : "GET",
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.body !== undefined && init.body !== null && { body: String(init.body) }),
      timeoutMs: TIMEOUT_MS,
      maxBytes: MAX_ANSWER_BYTES,
    });
    if (fetched.kind === "failed") throw new SignInProblem(`${url.origin} can't be asked: ${fetched.problem}`);
    const { status, headers } = fetched;
    const challenge = headers.get("www-authenticate");
    return new Response(BODILESS.has(status) ? null : fetched.text, {
      status,
      headers: challenge === null ? {} : { "www-authenticate": challenge },
    });
  };
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

function isInner(host: string): boolean {
  if (isLoopback(host) || host.endsWith(".localhost")) return true;
  const version = isIP(host);
  return version !== 0 && PRIVATE.check(host, version === 6 ? "ipv6" : "ipv4");
}
