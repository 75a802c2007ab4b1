// The gate as an OAuth resource server (RFC 9728): what it is called, whose tokens it takes, and how it asks for one. Its URLs are
// configured or the address listened on, never what a request says of itself.
import type { AuthConfig } from "../config/auth-schema.ts";
import { SERVER_KEY } from "../config/server-schema.ts";

/** What is asked for: an MCP endpoint by its server's key, that of all servers, or the gate itself. */
export type Asked = string | undefined;
/** The endpoint of all servers: no server has this key. */
export const ALL_SERVERS = "";

export interface Resource {
  /** For whom a token may be that comes to `asked`, where its issuer's configuration does not say. */
  audience(asked: Asked): readonly string[];
  /** WWW-Authenticate of a 401 or 403. */
  challenge(asked: Asked, error?: "invalid_request" | "invalid_token" | "insufficient_scope", problem?: string): string;
  /** The metadata document. */
  describe(asked: Asked): unknown;
}

/** Where the metadata of a resource is, by RFC 9728: before the path of what is asked for. */
export const WELL_KNOWN = "/.well-known/oauth-protected-resource";

/** @param url the gate's own, without a slash at the end; asked for only once the gate listens */
export function createResource({ scopes, issuers }: AuthConfig, url: () => string): Resource {
  return {
    // clients write an origin with and without its slash
    audience: (asked) => [...(asked === undefined ? [] : [url() + pathOf(asked)]), url(), `${url()}/`],
    challenge(asked, error, problem) {
      const parts = [`realm="regate"`, `resource_metadata="${url()}${WELL_KNOWN}${pathOf(asked)}"`];
      if (scopes.length > 0) parts.push(`scope="${scopes.join(" ")}"`);
      if (error !== undefined) parts.push(`error="${error}"`);
      if (problem !== undefined) parts.push(`error_description="${problem.replace(/[^\x20-\x7e]|["\\]/g, "'")}"`);
      return `Bearer ${parts.join(", ")}`;
    },
    describe: (asked) => ({
      resource: url() + pathOf(asked),
      authorization_servers: issuers.map(({ issuer }) => issuer),
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      bearer_methods_supported: ["header"],
      resource_name: asked === undefined ? "Regate" : `Regate: ${asked === ALL_SERVERS ? "all servers" : asked}`,
    }),
  };
}

/** A path of a request may hold anything; what is no server's name leads to the gate's own metadata. */
function pathOf(asked: Asked): string {
  if (asked === ALL_SERVERS) return "/mcp";
  return asked !== undefined && SERVER_KEY.test(asked) ? `/mcp/${asked}` : "";
}
