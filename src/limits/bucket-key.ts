// Names the bucket that a limit draws on: one for each (rule, whose, what). Two different triples never share a name,
// whatever their parts hold, and no name is longer than MAX_KEY_LENGTH.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Category, RateLimit } from "../gate/types.ts";

/** What of a call a bucket can be told apart by. */
export type Countable = {
  readonly server: string;
  /** Absent for every method but `tools/call`. */
  readonly tool?: string | undefined;
  readonly method: string;
  readonly category: Category;
  readonly session: string;
  /** The principal's id. */
  readonly principal: string;
};

/** A tool's name may be as long as a request; longer keys are stored as their hash. */
export const MAX_KEY_LENGTH = 512;

/** Keys that were made lately, by rule and session: the calls of a session that a rule limits are mostly alike. */
const made = new Map<string, Map<string, Made>>();
let madeCount = 0;
const MAX_MADE = 20_000;

type KeyedLimit = Pick<RateLimit, "rule" | "per" | "over">;
type Made = { readonly limit: KeyedLimit; readonly call: Countable; readonly key: string };

/** The key of a charge. A session belongs to one principal, and so does its bucket: the key holds both. */
export function bucketKey(limit: KeyedLimit, call: Countable): string {
  let ofRule = made.get(limit.rule);
  const last = ofRule?.get(call.session);
  if (last !== undefined && isSame(last, limit, call)) return last.key;
  const key = makeKey(limit, call);
  // what is long is not kept, whether the key says it or not
  if (lengthOf(limit, call) > MAX_KEY_LENGTH) return key;
  if (madeCount >= MAX_MADE) {
    made.clear();
    madeCount = 0;
    ofRule = undefined;
  }
  if (ofRule === undefined) {
    ofRule = new Map();
    made.set(limit.rule, ofRule);
  }
  madeCount += 1;
  const { rule, per, over } = limit;
  ofRule.set(call.session, { limit: { rule, per, over }, call, key });
  return key;
}

function isSame({ limit, call }: Made, otherLimit: KeyedLimit, other: Countable): boolean {
  return (
    limit.per === otherLimit.per &&
    limit.over === otherLimit.over &&
    call.principal === other.principal &&
    call.server === other.server &&
    call.tool === other.tool &&
    call.method === other.method &&
    call.category === other.category
  );
}

function lengthOf({ rule }: KeyedLimit, { principal, session, server, tool = "", method }: Countable): number {
  return rule.length + principal.length + session.length + server.length + tool.length + method.length;
}

function makeKey(limit: KeyedLimit, call: Countable): string {
  // `per` and `over` say how many parts follow each, so that the array reads in one way only.
  const key = JSON.stringify([limit.rule, limit.per, ...whose(limit.per, call), limit.over, ...what(limit.over, call)]);
  return shortKey(key);
}

/** The key itself, or its hash where it is longer than MAX_KEY_LENGTH. */
export function shortKey(key: string): string {
  if (key.length <= MAX_KEY_LENGTH) return key;
  const hash = createHash("sha256");
  if (key.isWellFormed()) hash.update(key, "utf8");
  // UTF-8 would make all lone surrogates one; and no UTF-8 begins with this byte
  else hash.update(Buffer.of(0xff)).update(key, "utf16le");
  return `sha256:${hash.digest("hex")}`;
}

/** What a key says of its bucket. */
export type BucketName = {
  /** `<package>/<id>`, or the gate's own. */
  readonly rule: string;
  readonly per: RateLimit["per"];
  readonly over: RateLimit["over"];
  readonly principal: string | undefined;
  readonly session: string | undefined;
  readonly server: string | undefined;
  /** The tool, the method of what names no tool, or the category; undefined where all are counted. */
  readonly what: string | undefined;
};

const keySchema = z.union([
  z.tuple([z.string(), z.literal("session"), z.string(), z.string()]).rest(z.string()),
  z.tuple([z.string(), z.literal("principal"), z.string()]).rest(z.string()),
  z.tuple([z.string(), z.literal("everyone")]).rest(z.string()),
]);
const OVER = ["tool", "category", "server", "all"] as const;

/** Undefined for a key that is stored as its hash. */
export function readBucketKey(key: string): BucketName | undefined {
  if (!key.startsWith("[")) return undefined;
  const parsed = keySchema.safeParse(JSON.parse(key));
  if (!parsed.success) return undefined;
  const [rule, per, ...rest] = parsed.data;
  const principal = per === "everyone" ? undefined : rest.shift();
  const session = per === "session" ? rest.shift() : undefined;
  const [given, server, ...more] = rest;
  const over = OVER.find((one) => one === given);
  return over && { rule, per, over, principal, session, server, what: more.at(-1) };
}

function whose(per: RateLimit["per"], call: Countable): readonly string[] {
  switch (per) {
    case "session":
      return [call.principal, call.session];
    case "principal":
      return [call.principal];
    case "everyone":
      return [];
  }
}

function what(over: RateLimit["over"], call: Countable): readonly string[] {
  switch (over) {
    case "tool":
      return call.tool === undefined ? [call.server, "method", call.method] : [call.server, "tool", call.tool];
    case "category":
      return [call.server, call.category];
    case "server":
      return [call.server];
    case "all":
      return [];
  }
}
