// A request of the client's whose answer has not come yet.
import type { ClientRequest } from "../../mcp/jsonrpc.ts";

export class Flight {
  /** The client has its answer. */
  answered = false;
  /** Nobody waits for the answer any more. */
  isGivenUp = false;
  readonly request: ClientRequest;
  /** Give up what is under way of it. */
  readonly #giveUps: (() => void)[] = [];

  constructor(request: ClientRequest) {
    this.request = request;
  }

  onGiveUp(giveUp: () => void): void {
    this.#giveUps.push(giveUp);
    if (this.isGivenUp) giveUp();
  }

  giveUp(): void {
    this.isGivenUp = true;
    for (const giveUp of this.#giveUps) giveUp();
  }
}
