// One small text over HTTP, such as an issuer's keys or a token: within a time, up to a size, and from nowhere else than asked
// for. What went wrong is said without the answer's text, which may be anything.

export type FetchOptions = {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
};

export type Fetched =
  | { readonly kind: "answered"; readonly status: number; readonly text: string; readonly headers: Headers }
  | { readonly kind: "failed"; readonly problem: string };

/** Never rejects. A redirect is an answer like any other: it is not followed. */
export async function fetchText(url: string, options: FetchOptions): Promise<Fetched> {
  const { method = "GET", headers = {}, body, timeoutMs, maxBytes, signal } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const answer = await fetch(url, {
      method,
      headers: { accept: "application/json", ...headers },
      body: body ?? null,
      redirect: "manual",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body ?? []) {
      size += chunk.length;
      if (size > maxBytes) return { kind: "failed", problem: `it answered with more than ${maxBytes} bytes` };
      chunks.push(chunk);
    }
    const text = Buffer.concat(chunks).toString("utf8");
    return { kind: "answered", status: answer.status, text, headers: answer.headers };
  } catch (error) {
    return { kind: "failed", problem: describe(error) };
  }
}

/** The cause that fetch hides. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it did not answer in time";
  const { cause } = error;
  return cause instanceof Error ? cause.message : error.message;
}
