// What an approver who comes too late is told of a request. Pure.
import type { ApprovalRequest } from "./approval.ts";

/** Why nothing is left to decide. */
export function describeOver({ state, decided }: ApprovalRequest): string {
  switch (state) {
    case "pending":
      return "it waits for a decision";
    case "approved":
    case "used":
      return `it was approved already, by ${decided?.by}`;
    case "denied":
      return `it was denied already, by ${decided?.by}`;
    case "lapsed":
      return "it has lapsed: the time for it is over";
    case "voided":
      return "it is void: what it was bound to has changed";
  }
}

/** What can be done all the same. */
export function remedyOf({ state }: ApprovalRequest): string {
  switch (state) {
    case "approved":
      return "its call may go out once";
    case "denied":
      return "the same call asks anew when the time for this one is over";
    default:
      return "the same call, made again, asks anew";
  }
}
