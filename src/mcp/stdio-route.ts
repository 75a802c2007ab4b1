// What of a server's message says whom it is for. Read leniently, so that an answer which the screen will keep back still
// finds the request that waits for it; whether the client may see a message is the screen's to say, never decided here.
import { isRecord } from "./envelope.ts";
import { parseJson } from "./parse-json.ts";
import { SUBSCRIPTION_ID_KEY } from "./protocol-keys.ts";

/** Names an id or a progress token: a string and a number that look alike are different. */
export type IdKey = string;

export type Route =
  /** `protocolVersion` as in the answer to `initialize`. */
  | {
      readonly kind: "response";
      readonly key: IdKey;
      readonly errorCode: number | undefined;
      readonly protocolVersion: string | undefined;
    }
  | { readonly kind: "request"; readonly idText: string }
  /** `stream` is the id of the `subscriptions/listen` that it belongs to. */
  | {
      readonly kind: "notification";
      readonly method: string;
      readonly progress: IdKey | undefined;
      readonly subscription: IdKey | undefined;
    }
  /** Nothing that a client could be given. */
  | { readonly kind: "garbage" };

const GARBAGE: Route = { kind: "garbage" };

export function keyOf(value: string | number): IdKey {
  return JSON.stringify(value);
}

/** By hand, since every line of every server comes through here. */
export function routeOf(text: string): Route {
  const message = parseJson(text);
  if (!isRecord(message)) return GARBAGE;
  const { id, method, params, result, error } = message;
  const hasId = id !== undefined && id !== null;
  if (hasId && !isId(id)) return GARBAGE;
  if (method === undefined) {
    if (!hasId || (result === undefined && error === undefined)) return GARBAGE;
    return { kind: "response", key: keyOf(id), errorCode: codeOf(error), protocolVersion: versionOf(result) };
  }
  if (typeof method !== "string") return GARBAGE;
  if (hasId) return { kind: "request", idText: JSON.stringify(id) };
  const token = method === "notifications/progress" ? memberOf(params, "progressToken") : undefined;
  const subscription = memberOf(memberOf(params, "_meta"), SUBSCRIPTION_ID_KEY);
  return { kind: "notification", method, progress: optionalKey(token), subscription: optionalKey(subscription) };
}

/** Undefined where there is no error; 0 where it has no code. */
function codeOf(error: unknown): number | undefined {
  if (error === undefined) return undefined;
  const code = memberOf(error, "code");
  return typeof code === "number" ? code : 0;
}

function versionOf(result: unknown): string | undefined {
  const version = memberOf(result, "protocolVersion");
  return typeof version === "string" ? version : undefined;
}

function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isId(value: unknown): value is string | number {
  return typeof value === "string" || typeof value === "number";
}

function optionalKey(value: unknown): IdKey | undefined {
  return isId(value) ? keyOf(value) : undefined;
}
