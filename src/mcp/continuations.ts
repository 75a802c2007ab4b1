// Which retries take no second token: a modern server answers a call with `input_required` and a `requestState`, and the
// client sends the same call again with it and its answers. One free retry for each token, or a server that keeps asking
// would make one token unlimited calls. Remembered by hash, bounded; a forgotten one only costs a token.
import { createHash } from "node:crypto";
import type { Call } from "../gate/types.ts";
import { isRecord } from "./envelope.ts";

const MAX_REMEMBERED = 10_000;

export interface Continuations {
  /** The gate relayed `requestState` as the answer to `call`; the answer to a free retry earns no other. */
  remember(call: Call, requestState: string): void;
  /** True once for each remembered pair, where the retry answers something; `params` is whatever the client sent. */
  use(call: Call, params: unknown): boolean;
}

export function createContinuations(): Continuations {
  const remembered = new Set<string>();
  return {
    remember(call, requestState) {
      if (call.continued === true) return;
      if (remembered.size >= MAX_REMEMBERED) {
        const [oldest] = remembered;
        if (oldest !== undefined) remembered.delete(oldest);
      }
      remembered.add(hashOf(call, requestState));
    },
    use(call, params) {
      if (!isRecord(params) || !isRecord(params.inputResponses) || typeof params.requestState !== "string")
        return false;
      return remembered.delete(hashOf(call, params.requestState));
    },
  };
}

function hashOf(call: Call, requestState: string): string {
  const parts = [
    call.server,
    call.place?.id ?? "",
    call.principal.id,
    call.session,
    call.method,
    call.tool ?? "",
    call.args?.text ?? "",
    requestState,
  ];
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64");
}
