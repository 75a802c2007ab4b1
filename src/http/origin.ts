// Whether a request may come from where it says: its Host must be a name of this gate (a page that rebinds its own name to
// 127.0.0.1 still sends that name), and its Origin, where a browser sends one, the gate's own or one that is configured.
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback, type Listen } from "../config/listen.ts";

export type OriginRules = {
  readonly listen: Listen;
  /** Lower-case, no ports; IPv6 addresses in brackets. */
  readonly allowedHosts: readonly string[];
  /** `scheme://host[:port]`, lower-case. */
  readonly allowedOrigins: readonly string[];
};

/** Undefined where the request may pass. */
export type OriginCheck = (
  headers: Pick<IncomingHttpHeaders, "host" | "origin">,
) => { readonly status: 403; readonly problem: string } | undefined;

const HOST = /^(\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::\d{1,5})?$/;
/** What one listens on to be reached by any address; it is no name of the gate's. */
const WILDCARDS = ["0.0.0.0", "::"];

export function createOriginCheck({ listen, allowedHosts, allowedOrigins }: OriginRules): OriginCheck {
  const hosts = new Set(allowedHosts.map(withoutBrackets));
  if (!WILDCARDS.includes(listen.host)) hosts.add(listen.host.toLowerCase());
  const origins = new Set(allowedOrigins);
  /** The Host of the last request that had a name of this gate: nearly all have the same. */
  let lastHost = "";
  return (headers) => {
    if (headers.host === lastHost && lastHost !== "" && headers.origin === undefined) return undefined;
    const authority = headers.host?.toLowerCase() ?? "";
    const host = withoutBrackets(HOST.exec(authority)?.[1] ?? "");
    if (host === "" || !(isLoopback(host) || hosts.has(host))) {
      return {
        status: 403,
        problem: "the Host header is no name of this gate: allowedHosts in the configuration lists further ones",
      };
    }
    lastHost = headers.host ?? "";
    const { origin } = headers;
    if (origin === undefined || origins.has(origin.toLowerCase()) || isSameOrigin(origin, authority)) return undefined;
    return {
      status: 403,
      problem: "the Origin is not allowed here: allowedOrigins in the configuration lists those that are",
    };
  };
}

/** Whether a page at `origin` is the gate's own, reached as `authority`; over http or, behind a TLS terminator, https. */
function isSameOrigin(origin: string, authority: string): boolean {
  if (!/^https?:\/\/[^/?#@]+$/i.test(origin) || !URL.canParse(origin)) return false;
  const { protocol, host } = new URL(origin);
  const own = `${protocol}//${authority}`;
  return URL.canParse(own) && new URL(own).host === host;
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}
