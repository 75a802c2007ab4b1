// Rego as `opa fmt` leaves it and Regal passes it: names, strings, sets and METADATA. Only for names that are plain; what
// else a server may call its tools is kept out of Rego by whoever calls this.
import { formatString } from "./format-json.ts";

export const LINE_WIDTH = 120;
/** Longer files are for Regal to complain of, where nobody says that it may not. */
const MAX_FILE_LINES = 500;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Printable, and the same to every reader: nothing to quote, escape or interpolate. */
const PLAIN_NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_./-]{0,62}[A-Za-z0-9_])?$/;
/** What YAML reads as text without quotes. */
const PLAIN_YAML = /^[A-Za-z_][A-Za-z0-9_ ,.()/-]*$/;
const YAML_WORDS = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

/** Whether a rule can be written for the tool without its name doing harm, or taking more than a line. */
export function isPlainToolName(tool: string): boolean {
  return PLAIN_NAME.test(tool);
}

/** `.name`, or `["name"]` where it is no identifier. */
export function step(name: string): string {
  return IDENTIFIER.test(name) ? `.${name}` : `[${formatString(name)}]`;
}

/** `name := {...}`, as many to a line as fit. */
export function setOf(name: string, members: readonly string[]): string {
  const strings = [...members].sort().map(formatString);
  const line = `${name} := {${strings.join(", ")}}`;
  if (line.length <= LINE_WIDTH) return line;
  const rows: string[] = [];
  for (const string of strings) {
    const last = rows.at(-1);
    // a tab counts as one
    if (last !== undefined && `\t${last} ${string},`.length <= LINE_WIDTH) rows[rows.length - 1] = `${last} ${string},`;
    else rows.push(`${string},`);
  }
  return `${name} := {\n${rows.map((row) => `\t${row}`).join("\n")}\n}`;
}

/** A text of one line as YAML. */
export function yamlText(text: string): string {
  const isPlain = PLAIN_YAML.test(text) && !YAML_WORDS.test(text) && !text.endsWith(" ");
  return isPlain ? text : formatString(text);
}

/** The package declaration, in a file of so many lines. */
export function packageLine(path: string, lines: number): string {
  return lines > MAX_FILE_LINES ? `package ${path} # regal ignore:file-length` : `package ${path}`;
}

/** The function `_rule`, which names a rule of the server as a decision does (rego/regate/layers). */
export function writeRuleName(server: string): string {
  const isIdentifier = /^[A-Za-z_][A-Za-z0-9_]*$/.test(server);
  return isIdentifier
    ? `_rule(id) := $"policy.servers.${server}/{id}"`
    : `_rule(id) := $\`policy.servers["${server}"]/{id}\``;
}
