// Requests of the gate's own to one process, such as its tools/list, beside those of the clients. Nothing of them reaches a client.
import { randomUUID } from "node:crypto";
import type { Written } from "./stdio-child.ts";
import { cancellation } from "./stdio-flights.ts";
import { type IdKey, keyOf } from "./stdio-route.ts";
import type { OwnAnswer } from "./upstream.ts";

export class OwnRequests {
  readonly #waiting = new Map<IdKey, (answer: OwnAnswer) => void>();

  /** @param send writes one message to the process, once it is started */
  constructor(readonly send: (text: string) => Promise<Written>) {}

  get waiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Never rejects. */
  async ask(method: string, paramsText: string, timeoutMs: number): Promise<OwnAnswer> {
    const key = keyOf(`regate:${randomUUID()}`);
    const answered = new Promise<OwnAnswer>((resolve) => this.#waiting.set(key, resolve));
    const late = setTimeout(() => {
      const problem = `it did not answer ${method} within ${timeoutMs / 1000} s`;
      if (this.#settle(key, { kind: "failed", problem })) void this.send(cancellation(key, problem, undefined));
    }, timeoutMs);
    const written = await this.send(
      `{"jsonrpc":"2.0","id":${key},"method":${JSON.stringify(method)},"params":${paramsText}}`,
    );
    if (written.kind === "not_written") this.#settle(key, { kind: "failed", problem: written.problem });
    const answer = await answered;
    clearTimeout(late);
    return answer;
  }

  /** Takes the answer with this id; false where it answers no request of the gate's. */
  take(key: IdKey, text: string): boolean {
    return this.#settle(key, { kind: "answered", text });
  }

  /** The process is gone. */
  end(problem: string): void {
    for (const key of [...this.#waiting.keys()]) this.#settle(key, { kind: "failed", problem });
  }

  #settle(key: IdKey, answer: OwnAnswer): boolean {
    const resolve = this.#waiting.get(key);
    this.#waiting.delete(key);
    resolve?.(answer);
    return resolve !== undefined;
  }
}
