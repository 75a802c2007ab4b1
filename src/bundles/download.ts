// One request to a bundle service, in OPA's protocol. Bounded in bytes and in time, whatever the service does; follows no
// redirect. It says what came, and judges nothing of it.
import type { BundleService } from "../config/bundle-schema.ts";
import { messageOf } from "../problem.ts";

export type Download =
  | {
      readonly kind: "bundle";
      readonly bytes: Uint8Array;
      readonly etag: string | undefined;
      /** Whether the service can hold a request until there is something new. */
      readonly longPolls: boolean;
    }
  | { readonly kind: "unchanged" }
  | { readonly kind: "failed"; readonly problem: string; readonly httpStatus?: number };

export type DownloadOptions = Pick<BundleService, "url" | "token" | "sizeLimitBytes"> & {
  /** What the bundle in force is called by its service; undefined: whatever it has is wanted. */
  readonly etag: string | undefined;
  /** For how long it may hold the request; undefined: not at all. */
  readonly waitSeconds: number | undefined;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

const LONG_POLLING_TYPE = "application/vnd.openpolicyagent.bundles";
const ETAG = /^[\x20-\x7e]{1,1024}$/;

/** Never rejects. */
export async function download(options: DownloadOptions): Promise<Download> {
  const { url, token, etag, waitSeconds, timeoutMs } = options;
  const late = new AbortController();
  const fail = (): void => late.abort(new Error(`it took longer than ${timeoutMs / 1_000} s`));
  let timer = setTimeout(fail, timeoutMs + (waitSeconds ?? 0) * 1_000);
  try {
    const answer = await fetch(url, {
      headers: {
        accept: "application/vnd.openpolicyagent.bundles, application/gzip, application/octet-stream",
        "accept-encoding": "identity",
        prefer: `modes=snapshot${waitSeconds === undefined ? "" : `;wait=${waitSeconds}`}`,
        ...(etag !== undefined && { "if-none-match": etag }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      // it could lead anywhere, with the token
      redirect: "manual",
      signal: AbortSignal.any([options.signal, late.signal]),
    });
    clearTimeout(timer);
    timer = setTimeout(fail, timeoutMs);
    if (answer.status === 200) return await readAnswer(answer, options.sizeLimitBytes);
    await answer.body?.cancel();
    if (answer.status === 304 && etag !== undefined) return { kind: "unchanged" };
    return { kind: "failed", problem: describeStatus(answer.status), httpStatus: answer.status };
  } catch (error) {
    return { kind: "failed", problem: describeFetchError(late.signal.reason ?? error) };
  } finally {
    clearTimeout(timer);
  }
}

async function readAnswer(answer: Response, sizeLimitBytes: number): Promise<Download> {
  const tooLarge = (): Download => ({ kind: "failed", problem: `it sends more than ${sizeLimitBytes} bytes` });
  if (Number(answer.headers.get("content-length")) > sizeLimitBytes) {
    await answer.body?.cancel();
    return tooLarge();
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body ?? []) {
    size += part.length;
    // leaving the loop ends the connection
    if (size > sizeLimitBytes) return tooLarge();
    parts.push(part);
  }
  if (size === 0) return { kind: "failed", problem: "it answers with nothing" };
  const etag = answer.headers.get("etag");
  return {
    kind: "bundle",
    bytes: Buffer.concat(parts),
    etag: etag !== null && ETAG.test(etag) ? etag : undefined,
    longPolls: answer.headers.get("content-type") === LONG_POLLING_TYPE,
  };
}

function describeStatus(status: number): string {
  if (status >= 300 && status < 400 && status !== 304) {
    return `it answers with HTTP status ${status}, and no redirect is followed; write where it leads into bundle.url`;
  }
  const hint = status === 401 || status === 403 ? "; see bundle.token" : "";
  return `it answers with HTTP status ${status}${hint}`;
}

/** The cause that fetch hides. */
export function describeFetchError(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && cause.message !== "" ? cause.message : messageOf(error);
}
