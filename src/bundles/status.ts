// What became of the bundle lately, in the fields of OPA's bundle status: for the operator, and for who is told of it. It
// remembers, and decides nothing.
import { z } from "zod";
import { messageOf, Problem } from "../problem.ts";

/** As in OPA's status updates; what has not happened is absent. */
export const bundleStatusSchema = z.object({
  name: z.string(),
  active_revision: z.string().optional(),
  last_successful_activation: z.iso.datetime().optional(),
  type: z.literal("snapshot").optional(),
  size: z.int().optional(),
  last_successful_download: z.iso.datetime().optional(),
  last_successful_request: z.iso.datetime().optional(),
  last_request: z.iso.datetime().optional(),
  /** Present with `message` where the last try failed. */
  code: z.literal("bundle_error").optional(),
  message: z.string().optional(),
  http_code: z.int().optional(),
});

export type BundleStatus = z.infer<typeof bundleStatusSchema>;

export interface StatusRecord {
  read(): BundleStatus;
  requested(): void;
  /** The source has answered as it should. */
  answered(): void;
  downloaded(bytes: number): void;
  activated(revision: string): void;
  /** The last try is in order, whether or not it brought anything new. */
  succeeded(): void;
  failed(problem: string, httpStatus?: number): void;
}

/** The name that the bundle has in the decision log too. */
const NAME = "regate";

/**
 * @param changed after each try
 * @param log told once of what is wrong, and once that it is in order again
 */
export function createStatus(unixMs: () => number, changed: () => void, log: (line: string) => void): StatusRecord {
  let status: BundleStatus = { name: NAME };
  const now = (): string => new Date(unixMs()).toISOString();
  return {
    read: () => status,
    requested() {
      status = { ...status, last_request: now() };
    },
    answered() {
      status = { ...status, last_successful_request: now() };
    },
    downloaded(size) {
      status = { ...status, type: "snapshot", size, last_successful_download: now() };
    },
    activated(revision) {
      status = { ...status, active_revision: revision, last_successful_activation: now() };
    },
    succeeded() {
      const { code, message: _, http_code: __, ...rest } = status;
      if (code !== undefined) log("bundle: it is in order again");
      status = rest;
      changed();
    },
    failed(message, httpStatus) {
      if (status.message !== message) log(`bundle: ${message}`);
      const { http_code: _, ...rest } = status;
      status = { ...rest, code: "bundle_error", message, ...(httpStatus !== undefined && { http_code: httpStatus }) };
      changed();
    },
  };
}

/** On one line. */
export function describeProblem(error: unknown): string {
  return error instanceof Problem ? error.lines.join("; ") : messageOf(error);
}
