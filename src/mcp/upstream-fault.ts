// What went wrong with an HTTP upstream's connection, in words that are safe to show to the agent: no address, no host.

/** There are no credentials for the server: the message says why where a caller can mend it, else the log does. */
export class CredentialsFault extends Error {
  override readonly name = "CredentialsFault";

  /** @param message safe to show to the agent */
  constructor(message = "the gate's credentials for it can't be had") {
    super(message);
  }
}

/** @param sent whether the request may have reached the server */
export function describeFault(error: Error, sent: boolean): string {
  if (error instanceof CredentialsFault) return error.message;
  const code = "code" in error && error.code !== undefined ? String(error.code) : "";
  if (code === "UND_ERR_HEADERS_TIMEOUT") return "it did not answer in time";
  if (error.name === "HTTPParserError") return "what it answered is not HTTP";
  const shown = code === "" ? "" : ` (${code})`;
  return sent ? `the connection broke before it had answered${shown}` : `it can't be reached${shown}`;
}
