// What a request presents, as node reads it: for what is asked without a server.
import type { Presented } from "../../src/http/bearer.ts";

export function presented(headers: Readonly<Record<string, string>>): Presented {
  return { headers, rawHeaders: Object.entries(headers).flat() };
}
