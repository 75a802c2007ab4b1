// Reads one YAML (or JSON) file whole and keeps where each value stands, so that a fault can be reported as file:line:column.
// It knows no schema. Messages never quote the file's text: it may hold secrets.
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { messageOf, Problem } from "../problem.ts";

const MAX_FILE_BYTES = 1_048_576;
/** What an alias may unfold to, in nodes: enough to share headers, too little for a "billion laughs". */
const MAX_ALIAS_COUNT = 100;

export type Path = readonly PropertyKey[];

export type Source = {
  /** As the user named it. */
  readonly file: string;
  /** Plain data, not yet checked; null for an empty file. */
  readonly value: unknown;
  /** Where the field at `path` stands, or the nearest thing around it that is there. */
  readonly at: (path: Path) => Position;
};

/** Both count from 1. */
export type Position = { readonly line: number; readonly col: number };

/**
 * @param file absolute path
 * @param shownAs how messages name it
 * @throws Problem where the file can't be read or isn't YAML: every syntax error, each with its position
 */
export function readSource(file: string, shownAs: string): Source {
  const isJson = /\.jsonc?$/i.test(file);
  const text = isJson ? blankComments(readText(file, shownAs)) : readText(file, shownAs);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    prettyErrors: false,
    lineCounter: lines,
    logLevel: "error",
    uniqueKeys: true,
  });
  const [first, ...more] = [...document.errors, ...document.warnings].map((error) => {
    const { line, col } = lines.linePos(error.pos[0]);
    return `${shownAs}:${line}:${col} (file): is not valid ${isJson ? "JSON" : "YAML"}: ${error.message}`;
  });
  if (first !== undefined) throw new Problem([first, ...more]);
  return {
    file: shownAs,
    value: toPlainData(document, shownAs),
    at: (path) => lines.linePos(nodeAt(document, path)?.range?.[0] ?? 0),
  };
}

function readText(file: string, shownAs: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const reason = messageOf(error);
    throw new Problem([
      isMissing
        ? `${shownAs}: no such file in ${dirname(file)}; name it by its path`
        : `${shownAs}: can't be read (${reason})`,
    ]);
  }
  if (bytes.length > MAX_FILE_BYTES)
    throw new Problem([`${shownAs}: is longer than ${MAX_FILE_BYTES} bytes; it should be a page or two`]);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem([`${shownAs}: is not UTF-8; save it as UTF-8`]);
  }
}

/** Clients take comments in their JSON. To YAML they would be the beginning of the next text; blanks keep all positions. */
function blankComments(json: string): string {
  return json.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('"') ? part : part.replace(/[^\n]/g, " "),
  );
}

function toPlainData(document: Document, shownAs: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw new Problem([`${shownAs}: its aliases (*name) unfold to too much, or name no anchor; write the values out`]);
  }
}

/** The key of the field at `path` (the item, in a list), or the innermost one on the way to it that exists. */
function nodeAt(document: Document, path: Path): Node | undefined {
  let found: Node | undefined = document.contents ?? undefined;
  let inside: unknown = document.contents;
  for (const step of path) {
    if (isAlias(inside)) inside = inside.resolve(document);
    if (isMap(inside)) {
      const pair = inside.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      if (pair === undefined || !isNode(pair.key)) return found;
      found = pair.key;
      inside = pair.value;
    } else if (isSeq(inside) && typeof step === "number") {
      inside = inside.items[step];
      if (!isNode(inside)) return found;
      found = inside;
    } else return found;
  }
  return found;
}
