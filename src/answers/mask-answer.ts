// Masks places in what a server said, in the text that it sent: only the masked texts are written anew, and every other byte
// stays as it came. What is named and not there is nothing to mask. Judges nothing.
import type { AnswerData, Said } from "../mcp/answers.ts";
import type { JsonNode } from "../mcp/json-scan.ts";
import { DECISION_KEY } from "../mcp/refusal.ts";
import { pointerBelow, type Scanned } from "./scan-answer.ts";

export const MASKED = "**masked**";

type Edit = { readonly start: number; readonly end: number; readonly text: string };

export type MaskedPlaces = { readonly edits: readonly Edit[]; readonly pointers: readonly string[] };

export function maskPlaces(
  { node }: Said,
  scanned: Scanned,
  pointers: readonly string[],
  kinds: readonly string[],
): MaskedPlaces {
  const edits: Edit[] = [];
  const masked: string[] = [];
  const wanted = new Set(pointers);
  const visit = (at: JsonNode, pointer: string): void => {
    if (wanted.has(pointer)) {
      masked.push(pointer);
      edits.push({ start: at.start, end: at.end, text: maskOf(at, pointer) });
    } else if (at.kind === "array")
      for (const [index, item] of at.items.entries()) visit(item, pointerBelow(pointer, index));
    else if (at.kind === "object") for (const { key, value } of at.members) visit(value, pointerBelow(pointer, key));
  };
  if (wanted.size > 0) visit(node, "");
  const whole = [...edits];
  const isMasked = (at: JsonNode): boolean => whole.some(({ start, end }) => at.start >= start && at.end <= end);
  for (const found of scanned.texts) {
    const secrets = found.secrets.filter(({ kind }) => kinds.includes(kind));
    if (secrets.length === 0 || isMasked(found.node)) continue;
    let value = "";
    let end = 0;
    for (const secret of secrets) {
      value += found.value.slice(end, secret.start) + MASKED;
      end = secret.end;
    }
    masked.push(found.pointer);
    edits.push({ start: found.node.start, end: found.node.end, text: JSON.stringify(value + found.value.slice(end)) });
  }
  return { edits, pointers: masked };
}

/** The message with the edits, and with what was decided in the `_meta` of its result. */
export function writeMasked({ kind, text, node }: Said, { edits }: MaskedPlaces, data: AnswerData): string {
  const all = kind === "result" && node.kind === "object" ? [...edits, noteIn(node, edits, data)] : [...edits];
  all.sort((a, b) => b.start - a.start || b.end - a.end);
  return all.reduce((edited, { start, end, text }) => edited.slice(0, start) + text + edited.slice(end), text);
}

/** A block of content stays one, so that clients can read the rest; anything else becomes a text. */
function maskOf(node: JsonNode, pointer: string): string {
  const text = JSON.stringify(MASKED);
  return node.kind === "object" && /^\/content\/\d+$/.test(pointer) ? `{"type":"text","text":${text}}` : text;
}

/** In the place of any that the server sent: only the gate says what the gate decided. */
function noteIn(node: Extract<JsonNode, { kind: "object" }>, edits: readonly Edit[], data: AnswerData): Edit {
  const note = `${JSON.stringify(DECISION_KEY)}:${JSON.stringify(data)}`;
  const meta = node.members.find(({ key }) => key === "_meta")?.value;
  if (meta === undefined) {
    const at = node.end - 1;
    return { start: at, end: at, text: `${node.members.length === 0 ? "" : ","}"_meta":{${note}}` };
  }
  const inside = edits.some(({ start, end }) => start < meta.end && end > meta.start);
  if (meta.kind !== "object" || inside) return { start: meta.start, end: meta.start, text: "" };
  const own = meta.members.find(({ key }) => key === DECISION_KEY);
  if (own !== undefined) return { start: own.keyStart, end: own.value.end, text: note };
  const at = meta.end - 1;
  return { start: at, end: at, text: `${meta.members.length === 0 ? "" : ","}${note}` };
}
