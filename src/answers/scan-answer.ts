// Looks through every text of what a server said: secrets with their places, and signals. Long texts are looked through in
// pieces, and others get their turn between them. Judges and changes nothing.
import { setImmediate as nextTurn } from "node:timers/promises";
import { type FoundSecret, findSecrets, isSecretInAnswer } from "../log/secrets.ts";
import { unescapeString } from "../mcp/json-lexemes.ts";
import type { JsonNode } from "../mcp/json-scan.ts";
import { countSignals } from "./signals.ts";

/** One text of it, in which something was found. */
export type FoundText = {
  readonly pointer: string;
  readonly node: JsonNode;
  readonly value: string;
  readonly secrets: readonly FoundSecret[];
};

export type Finding = { readonly kind: string; readonly pointer: string; readonly count: number };
export type Scanned = {
  readonly texts: readonly FoundText[];
  readonly secrets: readonly Finding[];
  readonly signals: readonly Finding[];
};

type Text = { readonly pointer: string; readonly node: JsonNode; readonly name: string | undefined };

const PIECE_CHARACTERS = 131_072;
/** More than the longest secret. */
const OVERLAP_CHARACTERS = 32_768;
/** What stands before a match may say that it is none. */
const CONTEXT_CHARACTERS = 256;
const CHARACTERS_PER_TURN = 262_144;
/** What is reported to the policy; all of it is masked where a rule says so. */
const MAX_FINDINGS = 1_000;

/** @param node within `text` */
export async function scanAnswer(text: string, node: JsonNode): Promise<Scanned> {
  const texts: FoundText[] = [];
  const secrets: Finding[] = [];
  const signals: Finding[] = [];
  let sinceTurn = 0;
  const spend = async (characters: number): Promise<void> => {
    sinceTurn += characters;
    if (sinceTurn < CHARACTERS_PER_TURN) return;
    sinceTurn = 0;
    await nextTurn();
  };
  for (const one of textsIn(text, node, "", undefined)) {
    const value = unescapeString(text.slice(one.node.start, one.node.end));
    const isNamed = one.name !== undefined && isSecretInAnswer(one.name, value);
    const found: FoundSecret[] = isNamed ? [{ kind: "named", start: 0, end: value.length }] : [];
    const signalled = new Map<string, number>();
    for (const piece of piecesOf(value)) {
      await spend(piece.text.length);
      if (!isNamed) found.push(...findIn(piece, found.at(-1)?.end ?? 0));
      for (const [kind, count] of countSignals(
        value.slice(piece.from, piece.to + CONTEXT_CHARACTERS),
        PIECE_CHARACTERS,
      ))
        signalled.set(kind, (signalled.get(kind) ?? 0) + count);
    }
    const { pointer } = one;
    if (found.length > 0) texts.push({ pointer, node: one.node, value, secrets: found });
    const kinds = new Map<string, number>();
    for (const { kind } of found) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    add(secrets, pointer, kinds);
    add(signals, pointer, signalled);
  }
  return { texts, secrets, signals };
}

/** JSON pointers, as `regate/result` names places. */
export function pointerBelow(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

function* textsIn(text: string, node: JsonNode, pointer: string, name: string | undefined): Generator<Text> {
  switch (node.kind) {
    case "string":
      yield { pointer, node, name };
      return;
    case "array":
      for (const [index, item] of node.items.entries()) yield* textsIn(text, item, pointerBelow(pointer, index), name);
      return;
    case "object":
      for (const { key, value } of node.members) yield* textsIn(text, value, pointerBelow(pointer, key), key);
      return;
    default:
  }
}

type Piece = { readonly text: string; readonly start: number; readonly from: number; readonly to: number };

/** `[from, to)` is where what begins there is this piece's to find. */
function* piecesOf(value: string): Generator<Piece> {
  for (let from = 0; from < value.length; from += PIECE_CHARACTERS) {
    const to = from + PIECE_CHARACTERS;
    const start = Math.max(0, from - CONTEXT_CHARACTERS);
    yield { text: value.slice(start, to + OVERLAP_CHARACTERS), start, from, to };
  }
}

function findIn(piece: Piece, after: number): readonly FoundSecret[] {
  return findSecrets(piece.text)
    .map(({ kind, start, end }) => ({ kind, start: start + piece.start, end: end + piece.start }))
    .filter(({ start }) => start >= Math.max(piece.from, after) && start < piece.to);
}

function add(findings: Finding[], pointer: string, kinds: ReadonlyMap<string, number>): void {
  for (const [kind, count] of kinds) if (findings.length < MAX_FINDINGS) findings.push({ kind, pointer, count });
}
