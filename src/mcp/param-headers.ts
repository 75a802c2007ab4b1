// Mcp-Param-* headers: which arguments a tool's definition wants repeated in headers (x-mcp-header, 2026-07-28), and
// whether what a call repeats is what its body says. A header that no definition asks for is none of the gate's business.
import { isRecord } from "./envelope.ts";

/** One argument that is repeated in a header. */
export type ParamHeader = {
  /** Lower case, prefix included: `mcp-param-region`. */
  readonly header: string;
  /** The keys that lead from `arguments` to the value. */
  readonly path: readonly string[];
  /** True where the schema says integer (or number): compared by value, not by spelling. */
  readonly numeric: boolean;
};

const DECIMAL = /^-?[0-9]+(?:\.[0-9]+)?$/;
const VISIBLE_ASCII = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What a tool's `inputSchema` wants repeated. Only chains of `properties` count; an annotation that is no name is none. */
export function paramHeadersOf(inputSchema: unknown): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  collect(inputSchema, [], found);
  return found;
}

function collect(schema: unknown, path: readonly string[], found: ParamHeader[]): void {
  if (!isRecord(schema)) return;
  const name = schema["x-mcp-header"];
  if (path.length > 0 && typeof name === "string" && TOKEN.test(name)) {
    const numeric = schema.type === "integer" || schema.type === "number";
    found.push({ header: `mcp-param-${name.toLowerCase()}`, path, numeric });
  }
  const { properties } = schema;
  if (!isRecord(properties)) return;
  for (const [key, child] of Object.entries(properties)) collect(child, [...path, key], found);
}

/** What is wrong with the headers of a call, in one sentence; undefined where nothing is. */
export function checkParamHeaders(
  declared: readonly ParamHeader[],
  args: unknown,
  headerOf: (header: string) => string | undefined,
  isModern: boolean,
): string | undefined {
  for (const { header, path, numeric } of declared) {
    const given = headerOf(header);
    const value = valueAt(args, path);
    const spelt = spellingOf(value);
    const where = `arguments.${path.join(".")}`;
    if (given === undefined) {
      if (isModern && spelt !== undefined) return `${header} is missing, though the body has ${where}`;
      continue;
    }
    const decoded = decodeHeaderValue(given);
    if (decoded === undefined) return `${header} is not valid Base64 of UTF-8`;
    const sameNumber = numeric && typeof value === "number" && DECIMAL.test(decoded) && Number(decoded) === value;
    if (spelt === undefined || !(decoded === spelt || sameNumber)) return `${header} is not ${where} of the body`;
  }
  return undefined;
}

/** The plain value of an Mcp-Name or Mcp-Param-* header; undefined where its Base64 form is not canonical or not UTF-8. */
export function decodeHeaderValue(value: string): string | undefined {
  const encoded = /^=\?base64\?(.*)\?=$/.exec(value)?.[1];
  if (encoded === undefined) return value;
  const bytes = Buffer.from(encoded, "base64");
  if (bytes.toString("base64") !== encoded) return undefined;
  const text = bytes.toString("utf8");
  return Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}

/** The value as a header spells it; undefined where there is none, or none that a header can carry. */
export function spellingOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return String(value);
  const isExact = typeof value === "number" && (Number.isSafeInteger(value) || !Number.isInteger(value));
  return isExact ? String(value) : undefined;
}

/** The argument that `path` leads to; undefined where there is none. */
export function valueAt(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const key of path) value = isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
}

/** Whether a header can carry it as it is. */
export function isHeaderValue(value: string): boolean {
  return VISIBLE_ASCII.test(value);
}

/** As it is where a header can carry it, else in the Base64 form; also where it looks like that form. */
export function encodeHeaderValue(value: string): string {
  const isPlain = isHeaderValue(value) && !/^=\?base64\?.*\?=$/.test(value);
  return isPlain ? value : `=?base64?${Buffer.from(value, "utf8").toString("base64")}?=`;
}
