// What a client of the pairings is asked to do, and what it says it saw: the same for every client, in and out of this process.
import { z } from "zod";

/** Where the client reaches a server: at the gate's URL, or at the command that stands in the server's place. */
export type Endpoint =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "stdio"; readonly command: string; readonly args: readonly string[] };

export type Call = { readonly tool: string; readonly args: Readonly<Record<string, unknown>> };

/** Connect, list the tools, make the two calls, leave. */
export type Job = {
  readonly endpoint: Endpoint;
  /** The revision that the client is told to speak; clients that can't be told one of the legacy era offer their newest. */
  readonly version: string;
  readonly allowed: Call;
  readonly denied: Call;
};

export const seenSchema = z.object({
  /** As negotiated, by the client's own account. */
  version: z.string(),
  tools: z.array(z.string()),
  answer: z.object({ isError: z.boolean(), text: z.string() }),
  /** `form`: how a refused call shows in this client. */
  refusal: z.object({ form: z.string(), text: z.string() }),
});
export type Seen = z.infer<typeof seenSchema>;

/** Rejects with what the client says where it can't do it. */
export type Drive = (job: Job) => Promise<Seen>;

export const MODERN = "2026-07-28";
export const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] as const;
