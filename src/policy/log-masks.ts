// What a policy's `policy.log` masks of the log, besides what its rules redact: JSON pointers from the root of a line. Pure.
import { z } from "zod";
import type { Evaluation, Masks } from "../gate/types.ts";

/** There only in a bundle whose policy has `policy.log`. */
export const MASK_ENTRYPOINT = "policy/log/mask";

/** What may be masked: nothing by which a line is found, or a decision explained. */
export const MASKABLE = ["/input/args", "/input/params", "/input/principal/claims", "/result/reasons"];

const POINTER = /^\/(?:input\/(?:args|params|principal\/claims)|result\/reasons)(?:\/(?:[^/~]|~[01])*)*$/;
const ARGUMENTS = "/input/args";

export function isMaskPointer(value: unknown): boolean {
  return typeof value === "string" && POINTER.test(value);
}

const pointersSchema = z.array(
  z.string().refine(isMaskPointer, { error: `is no JSON pointer into ${MASKABLE.join(", ")}` }),
);

/** What OPA's WASM answers: nothing, where `mask` is undefined. */
export const maskResultSchema = z.tuple([z.strictObject({ result: pointersSchema })]);

/** The decision with all that the log masks of the arguments as what is redacted: for who compares policies. */
export function withMasks(evaluation: Evaluation, masks: Masks): Evaluation {
  if (evaluation.kind === "failed" || (masks.kind === "masks" && masks.pointers.length === 0)) return evaluation;
  // what masks nothing for sure masks all
  const pointers = masks.kind === "failed" ? [ARGUMENTS] : masks.pointers;
  const redact = pointers.map((pointer) =>
    pointer === ARGUMENTS || pointer.startsWith(`${ARGUMENTS}/`) ? pointer.slice(ARGUMENTS.length) : pointer,
  );
  const { decision } = evaluation;
  return { ...evaluation, decision: { ...decision, redact: [...new Set([...decision.redact, ...redact])].sort() } };
}
