// What of a server's message says whom it is for. Read leniently, so that an answer which the screen will keep back still
// finds the request that waits for it; whether the client may see a message is the screen's to say, never decided here.
import { z } from "zod";
import { parseJson } from "./parse-json.ts";

const id = z.union([z.string(), z.number()]);

const messageSchema = z.object({
  id: id.nullish(),
  method: z.string().optional(),
  params: z
    .object({
      progressToken: id.optional(),
      _meta: z.object({ "io.modelcontextprotocol/subscriptionId": id.optional() }).optional(),
    })
    .optional()
    .catch(undefined),
  result: z.object({ protocolVersion: z.string().optional() }).optional().catch({}),
  error: z.object({ code: z.number() }).optional().catch({ code: 0 }),
});

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

export function keyOf(value: string | number): IdKey {
  return JSON.stringify(value);
}

export function routeOf(text: string): Route {
  const parsed = messageSchema.safeParse(parseJson(text));
  if (!parsed.success) return { kind: "garbage" };
  const { id, method, params, result, error } = parsed.data;
  const hasId = id !== undefined && id !== null;
  if (method === undefined) {
    if (!hasId || (result === undefined && error === undefined)) return { kind: "garbage" };
    return { kind: "response", key: keyOf(id), errorCode: error?.code, protocolVersion: result?.protocolVersion };
  }
  if (hasId) return { kind: "request", idText: JSON.stringify(id) };
  const token = method === "notifications/progress" ? params?.progressToken : undefined;
  const subscription = params?._meta?.["io.modelcontextprotocol/subscriptionId"];
  return { kind: "notification", method, progress: optionalKey(token), subscription: optionalKey(subscription) };
}

function optionalKey(value: string | number | undefined): IdKey | undefined {
  return value === undefined ? undefined : keyOf(value);
}
