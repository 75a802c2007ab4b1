// Requests for approval as text for a terminal: a table, and one of them whole. Everything that an agent, a server or a rule
// wrote is made showable. Pure.
import { showable } from "../../mcp/showable.ts";
import { formatJson } from "./format-json.ts";
import type { ShownRequest } from "./schema.ts";

const MAX_CELL_CHARS = 40;
const LABEL_WIDTH = 11;
const COLUMN_GAP = "  ";

/** @param wanted the state that was asked for, or `all` */
export function formatList(requests: readonly ShownRequest[], wanted: string, nowUnixMs: number): string {
  if (requests.length === 0) return wanted === "all" ? "no requests for approval\n" : `no requests are ${wanted}\n`;
  const rows = requests.map((request) => [
    request.id,
    request.state,
    describeAge(nowUnixMs - request.askedUnixMs),
    request.state === "pending" || request.state === "approved" ? describeAge(request.lapsesUnixMs - nowUnixMs) : "-",
    showable(request.principal, MAX_CELL_CHARS),
    showable(request.serverKey ?? request.server, MAX_CELL_CHARS),
    showable(request.tool, MAX_CELL_CHARS),
    showable(request.argsText, MAX_CELL_CHARS),
  ]);
  return formatTable([["ID", "STATE", "AGE", "LAPSES IN", "PRINCIPAL", "SERVER", "TOOL", "ARGUMENTS"], ...rows]);
}

/** All of one request, its arguments exactly. */
export function describeOne(request: ShownRequest, nowUnixMs: number): string {
  const { state, decided, lapsesUnixMs } = request;
  const left =
    state === "pending" || state === "approved" ? `, lapses in ${describeAge(lapsesUnixMs - nowUnixMs)}` : "";
  return [
    label("approval", request.id),
    label("state", `${state}${left}`),
    label("server", whole(describeServer(request))),
    label("tool", whole(request.tool)),
    label("principal", whole(request.principal)),
    label("session", whole(request.session)),
    label("asked", new Date(request.askedUnixMs).toISOString()),
    ...(request.reasons.length === 0 ? [] : [label("because", request.reasons.map(whole).join("; "))]),
    label("rules", request.rules.map(whole).join(", ")),
    label("decision", request.decisionId),
    label("policy", `revision ${request.revision}`),
    label("definition", request.definitionSha256 ?? "the server lists no such tool"),
    ...(decided === undefined ? [] : describeDecision(decided)),
    label("arguments", ""),
    ...linesOf(request.argsText),
    ...(request.besidesText === undefined ? [] : [label("besides", ""), ...linesOf(request.besidesText)]),
    "",
  ].join("\n");
}

/** Which one it is, and by which name the policy knows it. */
function describeServer({ server, serverKey = server }: ShownRequest): string {
  return serverKey === server ? server : `${serverKey} (${server})`;
}

function linesOf(json: string): readonly string[] {
  return formatJson(json).map((line) => `  ${whole(line)}`);
}

function describeDecision({ by, unixMs, reason, grantMinutes }: NonNullable<ShownRequest["decided"]>): string[] {
  const grant = grantMinutes === undefined ? "" : `, for ${grantMinutes} min of this tool in this session`;
  const lines = [label("decided", `by ${whole(by)}, ${new Date(unixMs).toISOString()}${grant}`)];
  return reason === undefined ? lines : [...lines, label("reason", whole(reason))];
}

/** As `12 s`, `3 min`, `2 h`; what is over is `0 s`. */
function describeAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3_600)} h`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(COLUMN_GAP)
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function label(name: string, text: string): string {
  return `${name.padEnd(LABEL_WIDTH)} ${text}`.trimEnd();
}

/** Nothing is cut: what is approved must be seen. */
function whole(text: string): string {
  return showable(text, text.length);
}
