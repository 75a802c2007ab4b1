// Sends one request with the gate's credentials for its server. Where the server answers 401 to them, and there are others by then,
// the same bytes go out once more with those: a server that says 401 has not carried them out.
import type { Dispatcher } from "undici";
import type { CredentialHeaders, Credentials } from "./upstream.ts";
import { CredentialsFault } from "./upstream-fault.ts";

/** One that is told of a failure before there is a connection, too. */
export type Handler = Dispatcher.DispatchHandler & {
  onResponseError(controller: Dispatcher.DispatchController | undefined, error: Error): void;
};

export type Sending = {
  readonly dispatcher: Pick<Dispatcher, "dispatch">;
  readonly credentials: Credentials;
  /** Whose request it is, by id; undefined for nobody's. */
  readonly principal: string | undefined;
  /** The request as it goes out with these credentials. */
  readonly request: (credentials: CredentialHeaders) => Dispatcher.DispatchOptions;
  readonly handler: Handler;
};

/** At once where the credentials are at hand. Where they can't be had, the handler is told so, and nothing is sent. */
export function sendWithCredentials(sending: Sending): void {
  const { credentials, principal, handler } = sending;
  const given = credentials.headers(principal);
  if (given instanceof Promise)
    given.then(
      (headers) => send(sending, headers),
      (error: unknown) =>
        handler.onResponseError(undefined, error instanceof CredentialsFault ? error : new CredentialsFault()),
    );
  else send(sending, given);
}

function send({ dispatcher, credentials, principal, request, handler }: Sending, headers: CredentialHeaders): void {
  const { renew, missing } = credentials;
  if (renew === undefined) {
    dispatcher.dispatch(request(headers), handler);
    return;
  }
  const again = (fresh: CredentialHeaders): boolean => dispatcher.dispatch(request(fresh), handler);
  const renewed = async (): Promise<Renewed> => {
    const fresh = await renew(headers, principal);
    return { fresh, missing: fresh === undefined ? await missing?.(principal) : undefined };
  };
  dispatcher.dispatch(request(headers), new OnceMore(handler, renewed, again));
}

/** `missing`: why there are none any more, where that is for the caller to mend. */
type Renewed = { readonly fresh: CredentialHeaders | undefined; readonly missing: string | undefined };

/** Hands everything on but a 401, for which it looks for other credentials first. */
class OnceMore implements Dispatcher.DispatchHandler {
  /** While renewing, what becomes of the first answer is of no interest. */
  #state: "open" | "renewing" | "over" = "open";

  constructor(
    private readonly inner: Dispatcher.DispatchHandler,
    private readonly renew: () => Promise<Renewed>,
    private readonly again: (fresh: CredentialHeaders) => void,
  ) {}

  onRequestStart(controller: Dispatcher.DispatchController, context: unknown): void {
    this.inner.onRequestStart?.(controller, context);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseStart"]>>[2],
    message?: string,
  ): void {
    if (status !== 401) {
      this.inner.onResponseStart?.(controller, status, headers, message);
      return;
    }
    this.#state = "renewing";
    controller.pause();
    void this.renew().then(({ fresh, missing }) => {
      this.#state = fresh === undefined && missing === undefined ? "open" : "over";
      // whoever waited has left
      if (controller.aborted) return;
      if (missing !== undefined) {
        this.inner.onResponseError?.(controller, new CredentialsFault(missing));
        controller.abort(new Error("its credentials count no more"));
        return;
      }
      if (fresh === undefined) {
        this.inner.onResponseStart?.(controller, status, headers, message);
        controller.resume();
        return;
      }
      controller.abort(new Error("its credentials were renewed"));
      this.again(fresh);
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === "open") this.inner.onResponseData?.(controller, chunk);
  }

  onResponseEnd(
    controller: Dispatcher.DispatchController,
    trailers: Parameters<NonNullable<Dispatcher.DispatchHandler["onResponseEnd"]>>[1],
  ): void {
    if (this.#state === "open") this.inner.onResponseEnd?.(controller, trailers);
  }

  onResponseError(controller: Dispatcher.DispatchController, error: Error): void {
    // some servers hang up once they have said 401
    if (this.#state === "open") this.inner.onResponseError?.(controller, error);
  }
}
