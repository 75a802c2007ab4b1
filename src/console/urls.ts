// The console's own addresses. A name is one encoded segment, whatever it holds; the few names that no segment can carry
// stand in the query.
import type { ToolName } from "./ports.ts";

export const HOME = "/console/";
export const DECISIONS = "/console/decisions";
export const APPROVALS = "/console/approvals";
export const SESSIONS = "/console/sessions";
export const BUNDLE = "/console/bundle";
export const PLAYGROUND = "/console/playground";
export const FREEZE = "/console/freeze";
export const EVENTS = "/console/events";
export const CATALOGUE = "/console/catalogue";
export const SIGN_IN = "/console/sign-in";
export const SIGN_OUT = "/console/sign-out";
/** Where the page of a tool is whose name is `.`, `..` or empty. */
export const TOOL_PARAMETER = "tool";

export function serverUrl(server: string): string {
  return `${CATALOGUE}/${segment(server)}`;
}

export function toolUrl({ server, tool }: ToolName): string {
  // browsers resolve dots, encoded ones too
  if (/^\.{0,2}$/.test(tool)) return `${serverUrl(server)}?${new URLSearchParams({ [TOOL_PARAMETER]: tool })}`;
  return `${serverUrl(server)}/${segment(tool)}`;
}

export function approvalUrl(id: string): string {
  return `${APPROVALS}/${segment(id)}`;
}

export function decisionUrl(id: string): string {
  return `${DECISIONS}/${segment(id)}`;
}

/** Where to go after the sign-in: a path of the console's, else its first page. */
export function ownPath(path: string | undefined): string {
  return path !== undefined && /^\/console\/[\x21-\x5b\x5d-\x7e]*$/.test(path) ? path : HOME;
}

function segment(name: string): string {
  return encodeURIComponent(name.toWellFormed());
}
