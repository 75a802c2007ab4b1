// What one entry under `servers` may say. Two kinds, told apart by `command` or `url`; each with its own fields, so that a
// field of the other kind is an error and never ignored. Environment variables are filled in here.
import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { says, strictFields, toFaults } from "./faults.ts";
import { type Dialect, interpolate } from "./interpolate.ts";
import { type OAuthClient, oauthSchema, type SignIn } from "./oauth-schema.ts";
import { type SecretText, secretText } from "./secret-text.ts";
import { checkUrl } from "./server-url.ts";
import { nearestWord } from "./suggest.ts";
import { writtenAs } from "./written-form.ts";

type Common = {
  /** Names the server in URLs: /mcp/KEY. */
  readonly key: string;
  /** Names the server in policy and log. */
  readonly catalogue: string;
  /** Whether arguments are held against the reviewed inputSchema of their tool before the policy judges. */
  readonly arguments: "checked" | "loose";
  /** Observed, its calls are judged and recorded, and none is refused for it. */
  readonly mode: "enforce" | "observe";
};

/** A server that the gate starts as a child process, one for each session. */
export type StdioServer = Common & {
  readonly kind: "stdio";
  readonly command: string;
  readonly args: readonly string[];
  /** What the child gets besides the few variables that every child gets; never the gate's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly cwd: string;
};

/** A server that is reached over Streamable HTTP. */
export type HttpServer = Common & {
  readonly kind: "http";
  /** Absolute, http or https, without credentials and fragment. */
  readonly url: string;
  /** Sent with each request: the gate's own credentials for this server. Names as configured. */
  readonly headers: Readonly<Record<string, SecretText>>;
  /** How the gate gets the token that it sends as well. */
  readonly oauth?: OAuthClient | undefined;
  /** Each principal signs in for itself, and the token sent is the principal's own. */
  readonly signIn?: SignIn | undefined;
};

export type ServerConfig = StdioServer | HttpServer;

export type ServerContext = {
  /** Absolute; what `cwd` is relative to, and its default. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly dialect: Dialect;
};

export const SERVER_KEY = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** Anything that shows, with spaces only inside. */
const CATALOGUE_NAME = /^[^\p{C}\p{Z}](?:[^\p{C}\p{Zl}\p{Zp}]{0,198}[^\p{C}\p{Z}])?$/u;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VARIABLE_NAME = /^[^=\0]+$/;
/** Headers that the gate writes itself, for the call at hand. */
const OWN_HEADERS =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|accept|accept-encoding|last-event-id|mcp-.*)$/i;

/** Parses one entry; `key` is the name it stands under. */
export function serverSchema(key: string, context: ServerContext): z.ZodType<ServerConfig> {
  const stdio = stdioSchema(key, context);
  const http = httpSchema(key, context);
  const schema = z.unknown().transform((written, ctx): ServerConfig => {
    const raw = withKind(written);
    const has = (field: string): boolean => typeof raw === "object" && raw !== null && Object.hasOwn(raw, field);
    if (has("command") === has("url")) {
      const message = has("url")
        ? "has both command and url; keep the one that is meant"
        : "must have a command (a server to start) or a url (a server that runs elsewhere)";
      ctx.addIssue({ code: "custom", message });
      return z.NEVER;
    }
    const parsed = (has("url") ? http : stdio).safeParse(raw, { jitless: true });
    if (parsed.success) return parsed.data;
    for (const { path, message } of toFaults(parsed.error)) ctx.addIssue({ code: "custom", path: [...path], message });
    return z.NEVER;
  });
  return writtenAs(schema, z.union([stdio, http]));
}

/** An entry without command and url gets the one that a typo in it stands for: then the typo is what is reported. */
function withKind(entry: unknown): unknown {
  if (typeof entry !== "object" || entry === null || "command" in entry || "url" in entry) return entry;
  for (const [field, value] of Object.entries(entry)) {
    const meant = nearestWord(field, ["command", "url"]);
    if (meant !== undefined) return { ...entry, [meant]: value };
  }
  return entry;
}

function stdioSchema(key: string, context: ServerContext): z.ZodType<StdioServer> {
  const value = filledText(context).refine((text) => !text.includes("\0"), { error: "must not hold a NUL character" });
  return strictFields({
    command: value.refine((text) => text.trim() !== "", { error: "must name a program" }),
    args: z.array(value, { error: says('must be a list of texts, as in ["-y", "some-package"]') }).default([]),
    env: z
      .record(z.string().regex(VARIABLE_NAME, { error: "is no name for a variable" }), value, {
        error: says("must be a mapping of names to texts"),
      })
      .default({}),
    cwd: value.optional(),
    catalogue: catalogueName().optional(),
    arguments: oneOf(["checked", "loose"]),
    mode: oneOf(["enforce", "observe"]),
  }).transform(({ cwd, catalogue, ...rest }) => ({
    kind: "stdio",
    key,
    catalogue: catalogue ?? key,
    ...rest,
    cwd: cwd === undefined || isAbsolute(cwd) ? (cwd ?? context.folder) : resolve(context.folder, cwd),
  }));
}

function httpSchema(key: string, context: ServerContext): z.ZodType<HttpServer> {
  const name = z
    .string()
    .regex(HEADER_NAME, { error: "is no name for a header" })
    .refine((text) => !OWN_HEADERS.test(text), { error: "is a header that the gate writes itself; remove it" });
  return strictFields({
    url: filledText(context),
    allowPlainHttp: z.boolean({ error: says("must be true or false") }).default(false),
    headers: z.record(name, secretText(context), { error: says("must be a mapping of names to texts") }).default({}),
    oauth: oauthSchema(context).optional(),
    catalogue: catalogueName().optional(),
    arguments: oneOf(["checked", "loose"]),
    mode: oneOf(["enforce", "observe"]),
  }).transform(({ url, allowPlainHttp, catalogue, oauth, ...rest }, ctx): HttpServer => {
    if (oauth !== undefined && Object.keys(rest.headers).some((header) => header.toLowerCase() === "authorization")) {
      const message = "stands beside a header Authorization; keep the one that is meant";
      ctx.addIssue({ code: "custom", path: ["oauth"], message });
    }
    const checked = checkUrl(url, allowPlainHttp);
    if (checked.kind === "faulty") {
      ctx.addIssue({ code: "custom", path: ["url"], message: checked.problem });
      return z.NEVER;
    }
    return {
      kind: "http",
      key,
      catalogue: catalogue ?? key,
      url: checked.href,
      oauth: oauth?.kind === "own" ? oauth.client : undefined,
      signIn: oauth?.kind === "per_principal" ? oauth.signIn : undefined,
      ...rest,
    };
  });
}

/** A text with its ${NAME} filled in. Its problems never quote what was filled in. */
export function filledText({
  env,
  dialect,
}: Pick<ServerContext, "env" | "dialect">): z.ZodPipe<z.ZodString, z.ZodTransform<string, string>> {
  return z.string({ error: says("must be text; put it in quotes") }).transform((text, ctx) => {
    const filled = interpolate(text, env, dialect);
    if (filled.kind === "filled") return filled.text;
    for (const message of filled.problems) ctx.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function catalogueName(): z.ZodString {
  const error = says("must be a name of 1 to 200 printable characters");
  return z.string({ error }).regex(CATALOGUE_NAME, { error });
}

/** One of two words, the first where none is given. */
function oneOf<const Word extends string>(words: readonly [Word, Word]): z.ZodDefault<z.ZodEnum<{ [W in Word]: W }>> {
  return z.enum(words, { error: says(`must be ${words[0]} or ${words[1]}`) }).default(words[0]);
}
