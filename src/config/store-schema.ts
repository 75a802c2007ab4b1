// What `store` may say: where many gates keep what they share. A text is the address alone; credentials have fields of their
// own, filled from the environment, so that the address can be shown.
import { z } from "zod";
import { says, strictFields, toFaults } from "./faults.ts";
import { isLoopback } from "./listen.ts";
import { filledText } from "./server-schema.ts";
import { writtenAs } from "./written-form.ts";

export type StoreConfig = {
  /** redis:// or rediss://, with a port, without credentials. */
  readonly url: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** What becomes of limited calls while the store can't be used: refused, or counted here against a share of each limit. */
  readonly failure: "closed" | "local";
  /** That share; above 0, at most 1. */
  readonly localShare: number;
  /** Begins every key. */
  readonly prefix: string;
  /** How long the store may take for an answer. */
  readonly timeoutMs: number;
};

const DEFAULT_PORT = "6379";
const DEFAULT_LOCAL_SHARE = 0.25;
const EXAMPLE = "as in redis://127.0.0.1:6379 or rediss://redis.example.com:6380/1";
const SHARE = "must be a number above 0 and at most 1: each gate's part of every limit, so 0.25 for four gates";
const TIMEOUT = "must be a whole number of milliseconds from 50 to 10000";

export function storeSchema(env: NodeJS.ProcessEnv): z.ZodType<StoreConfig> {
  const filled = filledText({ env, dialect: "regate" });
  const share = says(SHARE);
  const timeout = says(TIMEOUT);
  const whole = strictFields({
    url: filled,
    username: filled.optional(),
    password: filled.refine((text) => text !== "", { error: "must not be empty" }).optional(),
    allowPlain: z.boolean({ error: says("must be true or false") }).default(false),
    failure: z.enum(["closed", "local"], { error: says("must be closed or local") }).default("closed"),
    localShare: z.number({ error: share }).gt(0, { error: share }).max(1, { error: share }).optional(),
    prefix: z
      .string({ error: says("must be text") })
      .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: "must be 1 to 64 letters, digits, dots, dashes or underscores" })
      .default("regate"),
    timeoutMs: z.int({ error: timeout }).min(50, { error: timeout }).max(10_000, { error: timeout }).default(500),
  }).transform(({ url, allowPlain, localShare, username, password, ...rest }, ctx): StoreConfig => {
    const fault = (field: string, message: string): void => ctx.addIssue({ code: "custom", path: [field], message });
    const checked = checkStoreUrl(url, allowPlain);
    if (checked.kind === "faulty") fault("url", checked.problem);
    if (localShare !== undefined && rest.failure !== "local")
      fault("localShare", "has a meaning only with failure: local; add that, or remove this");
    if (username !== undefined && password === undefined) fault("username", "needs a password beside it");
    if (checked.kind === "faulty") return z.NEVER;
    return { ...rest, url: checked.href, username, password, localShare: localShare ?? DEFAULT_LOCAL_SHARE };
  });
  const schema = z.unknown().transform((written, ctx): StoreConfig => {
    const isText = typeof written === "string";
    const parsed = whole.safeParse(isText ? { url: written } : written);
    if (parsed.success) return parsed.data;
    for (const { path, message } of toFaults(parsed.error)) {
      ctx.addIssue({ code: "custom", path: isText ? [] : [...path], message });
    }
    return z.NEVER;
  });
  return writtenAs(schema, z.union([filled, whole]));
}

type CheckedUrl =
  | { readonly kind: "fine"; readonly href: string }
  | { readonly kind: "faulty"; readonly problem: string };

/** The text is never quoted in a problem: it may hold a secret. */
function checkStoreUrl(text: string, allowPlain: boolean): CheckedUrl {
  const faulty = (problem: string): CheckedUrl => ({ kind: "faulty", problem });
  if (!URL.canParse(text)) return faulty(`is no URL; write it whole, ${EXAMPLE}`);
  const url = new URL(text);
  if (url.protocol !== "redis:" && url.protocol !== "rediss:")
    return faulty(`must begin with redis:// or rediss://, ${EXAMPLE}`);
  if (url.username !== "" || url.password !== "")
    return faulty(
      "must not hold credentials; write store as a mapping with url, username and password, filled from the environment",
    );
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (host === "" || url.search !== "" || url.hash !== "" || !/^(?:\/\d{0,5})?$/.test(url.pathname))
    return faulty(`must be a host, a port and the number of a database at most, ${EXAMPLE}`);
  if (url.protocol === "redis:" && !allowPlain && !isLoopback(host))
    return faulty(
      "sends what it keeps and its password unencrypted; use rediss://, or write store as a mapping with allowPlain: true where the network is trusted",
    );
  if (url.port === "") url.port = DEFAULT_PORT;
  return { kind: "fine", href: url.href.replace(/\/$/, "") };
}
