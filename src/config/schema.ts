// What regate.yaml may say, with every default. One parse gives a whole Config; nothing else reads the raw data.
import { resolve } from "node:path";
import { z } from "zod";
import { type AuthConfig, authSchema } from "./auth-schema.ts";
import { type BundleConfig, bundleSchema, PLAIN_BUNDLE, type StatusService, statusSchema } from "./bundle-schema.ts";
import { says, strictFields } from "./faults.ts";
import { KEY_NAME, RESERVED_KEY_NAME } from "./key-name.ts";
import { type Listen, parseListen } from "./listen.ts";
import { filledText, SERVER_KEY, type ServerConfig, serverSchema } from "./server-schema.ts";
import { checkUrl } from "./server-url.ts";
import { type StoreConfig, storeSchema } from "./store-schema.ts";
import { writtenAs } from "./written-form.ts";

/** One agent's key: who presents the key with this hash is the principal `name`. */
export type ApiKey = {
  readonly name: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** What policies see of it besides its name. */
  readonly groups: readonly string[];
};

export type Limits = {
  /** How many sessions a principal may open on one server: `max` in `window` seconds. */
  readonly newSessions: { readonly max: number; readonly window: number };
  /** Part-used buckets that one principal may hold. */
  readonly bucketsPerPrincipal: number;
  /** Child processes of stdio servers that one principal may have running. */
  readonly childrenPerPrincipal: number;
  /** Requests of one session, and of all sessions of one server, that may be under way at a time. */
  readonly inFlightPerSession: number;
  readonly inFlightPerServer: number;
  /** Seconds: how long a server may say nothing to a request, and how long it may take to answer it whatever it says. */
  readonly answerSeconds: number;
  readonly answerTotalSeconds: number;
  /** The longest answer that is judged where rules for answers speak to it, in bytes; a longer one is refused then. */
  readonly judgedAnswerBytes: number;
  /** The longest body of a request, in bytes. */
  readonly maxBodyBytes: number;
  /** How deep JSON may nest. */
  readonly maxDepth: number;
};

export type LogConfig = {
  /** Absolute. */
  readonly file: string;
  /** True: a call goes out only when its record is on disk. */
  readonly durable: boolean;
  /** What becomes of calls while the log can't be written. */
  readonly onFailure: "refuse" | "continue";
  /** Names of arguments that are masked besides the built-in ones. */
  readonly maskedKeys: readonly string[];
  /** Holds the key that chains the lines, absolute; undefined: one of the state folder's own. */
  readonly keyFile: string | undefined;
  /** A file that grows longer, or was begun longer ago, is put away. */
  readonly rotate: { readonly maxBytes: number; readonly maxHours: number | undefined };
  /** How many of those stay, and for how long; undefined: all, for ever. */
  readonly keep: { readonly files: number | undefined; readonly days: number | undefined };
};

/** What the gate says of itself, on stderr. */
export type GateLogConfig = {
  readonly format: "text" | "json";
  /** The least that is said. */
  readonly level: "info" | "warn" | "error";
};

export type ApprovalsConfig = {
  /** Where approvers reach this gate, `scheme://host[:port]`; undefined: where it listens. */
  readonly url: string | undefined;
  /** What is told of each new request; `url` is absolute, `secret` signs. */
  readonly webhook: { readonly url: string; readonly secret: string } | undefined;
};

/** regate.yaml, with defaults filled in and paths absolute. */
export type Config = {
  /** Absolute path of the file itself. */
  readonly file: string;
  readonly listen: Listen;
  readonly bundle: BundleConfig;
  /** Absolute path of the folder that holds what outlives a restart. */
  readonly state: string;
  /** What is shared with other gates, and where; undefined: this gate is the only one. */
  readonly store: StoreConfig | undefined;
  /** How the gate stops on SIGTERM, in seconds: not ready, it goes on for `grace`; then calls in flight have `calls` to finish. */
  readonly drain: { readonly grace: number; readonly calls: number };
  /** Holds the key that seals session ids, absolute; undefined: one of the state folder's own. */
  readonly sessionKeyFile: string | undefined;
  /** True: a changed bundle or configuration is taken as soon as it is written. */
  readonly watch: boolean;
  /** IANA name; what `input.time` counts in. */
  readonly timezone: string;
  readonly keys: readonly ApiKey[];
  readonly auth: AuthConfig;
  readonly servers: ReadonlyMap<string, ServerConfig>;
  readonly limits: Limits;
  readonly log: LogConfig;
  readonly gateLog: GateLogConfig;
  readonly approvals: ApprovalsConfig;
  /** `token`: who presents it may read /metrics, and nothing else. */
  readonly metrics: { readonly token: string | undefined };
  /** Who is told what became of the bundle; undefined: nobody. */
  readonly status: StatusService | undefined;
  /** Origins of web pages that may call, besides the gate's own; `scheme://host[:port]`, lower-case. */
  readonly allowedOrigins: readonly string[];
  /** Host headers that are taken besides loopback names and the address listened on; lower-case, no port. */
  readonly allowedHosts: readonly string[];
};

export type SchemaContext = {
  readonly file: string;
  /** Absolute folder that relative paths start from. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
};

export const DEFAULT_LISTEN = "127.0.0.1:8787";
export const DEFAULT_STATE = ".regate";
export const DEFAULT_LOG_FILE = "decisions.jsonl";
const DEFAULT_LOG_BYTES = 268_435_456;
/** 1 MiB of args, and room for what surrounds them. */
const DEFAULT_MAX_BODY_BYTES = 1_048_576 + 65_536;

const SHORTEST_SECRET = 16;

const flag = (): z.ZodBoolean => z.boolean({ error: says("must be true or false") });
const list = <Item extends z.ZodType>(item: Item, of: string): z.ZodArray<Item> =>
  z.array(item, { error: says(`must be a list of ${of}`) });
const text = (): z.ZodString => {
  const error = says("must be text");
  return z.string({ error }).min(1, { error });
};

function wholeNumber(min: number, max: number): z.ZodInt {
  const error = says(`must be a whole number from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

export const listenSchema = text().transform((value, ctx): Listen => {
  const listen = parseListen(value);
  if (listen !== undefined) return listen;
  ctx.addIssue({ code: "custom", message: `must be host:port, as in ${DEFAULT_LISTEN} or [::1]:8787` });
  return z.NEVER;
});

/** Only the form of one entry; names and hashes are unique by `keysSchema`. */
const keySchema = strictFields({
  name: text()
    .regex(KEY_NAME, { error: "must be 1 to 64 letters, digits, dots, dashes or underscores" })
    .refine((name) => name !== RESERVED_KEY_NAME, {
      error: `must not be ${RESERVED_KEY_NAME}: that is who calls a gate without keys`,
    }),
  sha256: text().regex(/^[0-9a-f]{64}$/, {
    error:
      "must be the SHA-256 of the key in 64 lower-case hex digits; regate keys add NAME makes a key and writes it here",
  }),
  groups: list(text(), "group names").default([]),
});

const keysSchema = list(keySchema, "keys, each with name and sha256").superRefine((keys, ctx) => {
  for (const field of ["name", "sha256"] as const) {
    const seen = new Set<string>();
    keys.forEach((key, index) => {
      if (seen.has(key[field])) {
        ctx.addIssue({ code: "custom", path: [index, field], message: "stands here twice; one key is one agent" });
      }
      seen.add(key[field]);
    });
  }
});

const timezoneSchema = text().refine(isTimezone, { error: "is no time zone; use an IANA name, as in Europe/Berlin" });

const originSchema = text().transform((value, ctx): string => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (
    url !== undefined &&
    (url.protocol === "http:" || url.protocol === "https:") &&
    url.origin === value.toLowerCase()
  )
    return url.origin;
  ctx.addIssue({ code: "custom", message: "must be an origin without path, as in https://app.example.com" });
  return z.NEVER;
});

const hostSchema = text()
  .regex(/^(?:[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])$/, {
    error: "must be a host name or address without port, as in gate.example.com",
  })
  .toLowerCase();

const limitsSchema = strictFields({
  newSessions: strictFields({
    max: wholeNumber(1, 1_000_000).default(200),
    window: wholeNumber(1, 86_400).default(600),
  }).prefault({}),
  bucketsPerPrincipal: wholeNumber(1, 10_000_000).default(10_000),
  childrenPerPrincipal: wholeNumber(1, 10_000).default(20),
  inFlightPerSession: wholeNumber(1, 100_000).default(128),
  inFlightPerServer: wholeNumber(1, 1_000_000).default(1_024),
  answerSeconds: wholeNumber(1, 86_400).default(600),
  answerTotalSeconds: wholeNumber(1, 604_800).default(3_600),
  judgedAnswerBytes: wholeNumber(1_024, 16_777_216).default(4_194_304),
  maxBodyBytes: wholeNumber(1_024, 67_108_864).default(DEFAULT_MAX_BODY_BYTES),
  maxDepth: wholeNumber(8, 512).default(128),
});

/** The schema of the whole file. Its messages are complete sentences for describeFaults. */
export function configSchema({ file, folder, env }: SchemaContext): z.ZodType<Config> {
  const path = text().transform((value) => resolve(folder, value));
  return strictFields({
    listen: listenSchema.prefault(DEFAULT_LISTEN),
    bundle: bundleSchema({ folder, env }).optional(),
    state: path.prefault(DEFAULT_STATE),
    store: storeSchema(env).optional(),
    sessionKeyFile: path.optional(),
    drain: strictFields({ grace: wholeNumber(0, 600).optional(), calls: wholeNumber(0, 600).optional() }).prefault({}),
    watch: flag().default(false),
    timezone: timezoneSchema.default("UTC"),
    keys: keysSchema.default([]),
    auth: authSchema(originSchema, path).prefault({}),
    servers: serversSchema({ folder, env }).prefault({}),
    limits: limitsSchema.prefault({}),
    log: strictFields({
      file: path.optional(),
      durable: flag().default(false),
      onFailure: z.enum(["refuse", "continue"], { error: says("must be refuse or continue") }).optional(),
      maskedKeys: list(text(), "argument names").default([]),
      keyFile: path.optional(),
      rotate: strictFields({
        maxBytes: wholeNumber(65_536, 1_099_511_627_776).default(DEFAULT_LOG_BYTES),
        maxHours: wholeNumber(1, 87_600).optional(),
      }).prefault({}),
      keep: strictFields({
        files: wholeNumber(1, 999_999).optional(),
        days: wholeNumber(1, 36_500).optional(),
      }).prefault({}),
    }).prefault({}),
    gateLog: strictFields({
      format: z.enum(["text", "json"], { error: says("must be text or json") }).default("text"),
      level: z.enum(["info", "warn", "error"], { error: says("must be info, warn or error") }).default("info"),
    }).prefault({}),
    approvals: strictFields({
      url: originSchema.optional(),
      webhook: webhookSchema(env).optional(),
    }).prefault({}),
    metrics: strictFields({ token: tokenSchema(env).optional() }).prefault({}),
    status: statusSchema(env).optional(),
    allowedOrigins: list(originSchema, "origins").default([]),
    allowedHosts: list(hostSchema, "host names").default([]),
  }).transform(
    ({
      bundle = PLAIN_BUNDLE,
      status,
      log,
      approvals,
      metrics,
      store,
      drain,
      sessionKeyFile,
      allowedHosts,
      ...rest
    }) => ({
      ...rest,
      metrics: { token: metrics.token },
      file,
      bundle,
      store,
      // a gate that is the only one has nobody to hand over to
      drain: {
        grace: drain.grace ?? (store === undefined ? 0 : 2),
        calls: drain.calls ?? (store === undefined ? 2 : 10),
      },
      sessionKeyFile,
      status,
      // what callers are told to come to
      allowedHosts: rest.auth.url === undefined ? allowedHosts : [...allowedHosts, new URL(rest.auth.url).hostname],
      approvals: { url: approvals.url, webhook: approvals.webhook },
      log: {
        ...log,
        file: log.file ?? resolve(rest.state, DEFAULT_LOG_FILE),
        // a log that must have each call is one that no call goes without
        onFailure: log.onFailure ?? (log.durable ? "refuse" : "continue"),
        keyFile: log.keyFile,
        rotate: { ...log.rotate, maxHours: log.rotate.maxHours },
        keep: { files: log.keep.files, days: log.keep.days },
      },
    }),
  );
}

/** What a Bearer header can carry. */
function tokenSchema(env: NodeJS.ProcessEnv): z.ZodType<string> {
  return filledText({ env, dialect: "regate" }).refine((token) => /^[\w.~+/-]{20,4096}$/.test(token), {
    error:
      "must be at least 20 letters, digits or -._~+/; make one with openssl rand -hex 32, and keep it in the environment",
  });
}

function webhookSchema(env: NodeJS.ProcessEnv): z.ZodType<NonNullable<ApprovalsConfig["webhook"]>> {
  const filled = filledText({ env, dialect: "regate" });
  return strictFields({
    url: filled,
    secret: filled.refine((secret) => secret.length >= SHORTEST_SECRET, {
      error: `must be at least ${SHORTEST_SECRET} characters; make one with openssl rand -hex 32, and keep it in the environment`,
    }),
    allowPlainHttp: flag().default(false),
  }).transform(({ url, secret, allowPlainHttp }, ctx) => {
    const checked = checkUrl(url, allowPlainHttp);
    if (checked.kind === "fine") return { url: checked.href, secret };
    ctx.addIssue({ code: "custom", path: ["url"], message: checked.problem });
    return z.NEVER;
  });
}

function serversSchema({
  folder,
  env,
}: {
  folder: string;
  env: NodeJS.ProcessEnv;
}): z.ZodType<ReadonlyMap<string, ServerConfig>> {
  const error = says("must be a mapping of keys to servers");
  const schema = z.record(z.string(), z.unknown(), { error }).transform((entries, ctx) => {
    const servers = new Map<string, ServerConfig>();
    for (const [key, raw] of Object.entries(entries)) {
      if (!SERVER_KEY.test(key)) {
        const message =
          "must be 1 to 64 lower-case letters, digits, dashes or underscores: it stands in the URL; the name for policy goes into catalogue";
        ctx.addIssue({ code: "custom", path: [key], message });
      }
      const parsed = serverSchema(key, { folder, env, dialect: "regate" }).safeParse(raw, { jitless: true });
      if (parsed.success) servers.set(key, parsed.data);
      else
        for (const issue of parsed.error.issues)
          ctx.addIssue({ code: "custom", path: [key, ...issue.path], message: issue.message });
    }
    return servers;
  });
  return writtenAs(schema, z.record(z.string(), serverSchema("", { folder, env, dialect: "regate" })));
}

function isTimezone(name: string): boolean {
  try {
    return /^[A-Za-z]/.test(name) && new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
