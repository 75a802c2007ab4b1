// Where two JSON values differ, by path. The order of keys is no difference; that of an array's items is.
import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../mcp/envelope.ts";

/** `before` or `after` is undefined where the value is not there. */
export type JsonChange = { readonly path: string; readonly before: unknown; readonly after: unknown };

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_CHANGES = 1_000;

export function diffJson(before: unknown, after: unknown, path = "$"): JsonChange[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys
      .flatMap((key) => diffJson(ownValue(before, key), ownValue(after, key), path + formatStep(key)))
      .slice(0, MAX_CHANGES);
  }
  return [{ path, before, after }];
}

/** `.key`, or `["key"]` where it is no plain name. */
export function formatStep(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function ownValue(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
