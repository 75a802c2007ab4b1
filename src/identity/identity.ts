// Who a verified token stands for: the principal, its groups and the claims that policies see, all bounded. What can't be taken
// whole is refused, never cut: a rule that looks for a group must not miss it.
import type { JWTPayload } from "jose";
import type { Issuer } from "../config/auth-schema.ts";
import type { Principal } from "../gate/types.ts";

/** What a token proved. */
export type Identity = {
  readonly principal: Principal;
  /** Whether it is one of the gate's operators. */
  readonly isOperator: boolean;
  readonly scopes: readonly string[];
  /** Whom the token is for. */
  readonly audience: readonly string[];
  readonly expiresUnixMs: number;
};

export type Described =
  | { readonly kind: "described"; readonly identity: Identity }
  /** The issuer has signed what this gate can't take. */
  | { readonly kind: "unfit"; readonly problem: string };

const MAX_NAME_CHARS = 256;
const MAX_GROUPS = 1_000;
export const MAX_CLAIMS_CHARS = 4_096;
/** Anything that shows, with spaces only inside: it is shown to approvers, and names buckets and freezes. */
const NAME = /^[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]*[^\p{C}\p{Z}])?$/u;

/** @param claims of a token of this issuer, whose signature and times are right */
export function describeIdentity(issuer: Issuer, claims: JWTPayload): Described {
  const subject = claims[issuer.principal];
  if (!isName(subject))
    return unfit(`its claim ${issuer.principal} is no name of 1 to ${MAX_NAME_CHARS} printable characters`);
  const groups = readGroups(issuer, claims);
  if (typeof groups === "string") return unfit(groups);
  const seen = readClaims(issuer, claims);
  if (typeof seen === "string") return unfit(seen);
  const scopes = readScopes(claims);
  const id = `${issuer.name}:${subject}`;
  const principal = Object.freeze({ id, groups: Object.freeze(groups), claims: Object.freeze(seen) });
  return {
    kind: "described",
    identity: {
      principal,
      isOperator: groups.some((group) => issuer.operators.includes(group)),
      scopes,
      audience: listOf(claims.aud),
      expiresUnixMs: (claims.exp ?? 0) * 1_000,
    },
  };
}

/** Sorted, each once; or what is wrong with them. */
function readGroups({ groups: path }: Issuer, claims: JWTPayload): string[] | string {
  const [first = ""] = path;
  const shown = path.join(" > ");
  // an issuer with too many of them for a token says elsewhere which they are (OpenID Connect Core 5.6.2)
  if (isRecord(claims._claim_names) && Object.hasOwn(claims._claim_names, first))
    return `its claim ${shown} is not in it, but somewhere else (_claim_names): have the issuer put the groups into the token`;
  let found: unknown = claims;
  for (const name of path) found = isRecord(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  if (found === undefined) return [];
  const groups = typeof found === "string" ? [found] : found;
  if (!Array.isArray(groups) || groups.length > MAX_GROUPS || !groups.every(isName))
    return `its claim ${shown} is no list of at most ${MAX_GROUPS} names of 1 to ${MAX_NAME_CHARS} printable characters`;
  return [...new Set(groups)].sort();
}

function readClaims({ claims: names }: Issuer, claims: JWTPayload): Record<string, unknown> | string {
  const there = names.filter((name) => Object.hasOwn(claims, name));
  const seen = Object.fromEntries(there.map((name) => [name, claims[name]]));
  let isWellFormed = true;
  const text = JSON.stringify(seen, (key, value: unknown) => {
    isWellFormed &&= key.isWellFormed() && (typeof value !== "string" || value.isWellFormed());
    return value;
  });
  if (text.length > MAX_CLAIMS_CHARS)
    return `its claims ${names.join(", ")} are longer than ${MAX_CLAIMS_CHARS} characters together`;
  return isWellFormed ? seen : `its claims ${names.join(", ")} hold half of a character`;
}

/** `scope` of RFC 9068, or `scp` as some issuers have it. */
function readScopes({ scope, scp }: JWTPayload): string[] {
  const written = scope ?? scp;
  return typeof written === "string" ? written.split(" ") : listOf(written);
}

function listOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  return list.filter((one) => typeof one === "string");
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_NAME_CHARS && NAME.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unfit(problem: string): Described {
  return { kind: "unfit", problem };
}
