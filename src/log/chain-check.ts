// Follows the chain through the lines of a log, in the order of its files, and finds the first line that is not the one that was
// written there: changed, removed, moved or inserted. Pure but for the hash; memory does not grow with the log.
import { CHAIN_START, type ChainHead, follows, keyIdOf, readLink } from "./chain.ts";
import { type OwnLine, type Place, readOwnLine } from "./own-line.ts";

export type Where = { readonly file: string; readonly line: number };

export type Finding = {
  readonly kind: "changed" | "removed" | "reordered" | "inserted" | "key" | "reported" | "truncated" | "head";
  readonly where: Where;
  /** One sentence that goes on after `FILE:LINE: `. */
  readonly what: string;
};

/** What is missing and was said to be, by the gate itself. */
export type Note = { readonly where: Where; readonly what: string };

export type CheckedFile = {
  readonly file: string;
  readonly lines: number;
  /** The numbers in the chain of its first and its last line. */
  readonly from: number | undefined;
  readonly to: number | undefined;
};

export type Checked = {
  readonly files: readonly CheckedFile[];
  /** Lines before the chain began. */
  readonly unchained: number;
  readonly findings: readonly Finding[];
  /** Lines behind the first finding that do not fit either. */
  readonly further: number;
  readonly notes: readonly Note[];
  readonly moreNotes: number;
  /** Where the chain ends; undefined where there is none. */
  readonly head: ChainHead | undefined;
  /** What the last line is, where the log wrote it about itself. */
  readonly last: OwnLine | undefined;
  /** The place of the last line. */
  readonly end: Where | undefined;
  /** What stands behind it without a line feed. */
  readonly torn: Note | undefined;
};

type Header = Extract<OwnLine["event"], { readonly event: "start" | "continued" }>;

/** What does not fit at one line, until the lines behind it say why. */
type Break = {
  readonly where: Where;
  readonly expected: number;
  readonly got: number | undefined;
  /** The file before, which is missing. */
  readonly missingFile: string | undefined;
  /** How many findings come before it. */
  readonly behind: number;
  next: number | undefined;
  /** Where the first line that is missing here stands. */
  later: Where | undefined;
};

const MAX_NOTES = 200;
const OWN_MARK = '"path":"regate/log"';

export class ChainCheck {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #files: { file: string; lines: number; from: number | undefined; to: number | undefined }[] = [];
  readonly #findings: Finding[] = [];
  readonly #notes: Note[] = [];
  #moreNotes = 0;
  #key: Buffer | undefined;
  #running: ChainHead | undefined;
  /** The next line that is in the chain is taken as it is. */
  #isAdrift = false;
  #unchained = 0;
  #unchainedBytes = 0;
  /** What stands at the end of the file, without a line feed. */
  #torn: Note | undefined;
  #unknownKey: string | undefined;
  /** Where the first line that was seen goes on from, if from anywhere. */
  #begin: { readonly where: Where; readonly previous: Place } | undefined;
  #removedTo = 0;
  #break: Break | undefined;
  #further = 0;
  #last: OwnLine | undefined;
  #end: Where | undefined;

  /** @param known the line that FILE.head names, which must be as it says */
  constructor(
    keys: readonly Buffer[],
    private readonly known: ChainHead | undefined,
  ) {
    this.#keys = new Map(keys.map((key) => [keyIdOf(key), key]));
    this.#key = keys.length === 1 ? keys[0] : undefined;
  }

  beginFile(file: string): void {
    if (this.#torn !== undefined) this.#find("inserted", this.#torn.where, this.#torn.what);
    this.#torn = undefined;
    this.#files.push({ file, lines: 0, from: undefined, to: undefined });
  }

  /** The next line of the file; undefined: longer than any that is written. */
  see(bytes: Buffer | undefined, isEnded: boolean): void {
    const file = this.#files.at(-1);
    if (file === undefined) throw new RangeError("no file was begun");
    file.lines += 1;
    const where = { file: file.file, line: file.lines };
    const link = bytes === undefined ? undefined : readLink(bytes);
    const own = bytes?.includes(OWN_MARK) ? readOwnLine(bytes.toString()) : undefined;
    if (!isEnded) {
      this.#torn = { where, what: `is not ended: ${bytes?.length ?? "very many"} bytes of a line` };
      return;
    }
    if (this.#running === undefined && link === undefined) {
      this.#unchained += 1;
      this.#unchainedBytes += (bytes?.length ?? 0) + 1;
      return;
    }
    this.#last = own;
    this.#end = where;
    file.from ??= link?.n;
    file.to = link?.n ?? file.to;
    this.#check(where, bytes, link, own);
    if (own !== undefined) this.#noteOwn(where, own);
    if (link !== undefined && link.n === this.known?.n && link.mac !== this.known.mac) {
      this.#find("changed", where, `line ${link.n} of the chain is not the one that FILE.head names`);
    }
  }

  /** @param isWhole whether all of the log was there to be seen */
  result(isWhole: boolean): Checked {
    if (this.#break !== undefined)
      this.#findings.splice(this.#break.behind, 0, explainBreak(this.#break, this.known?.n));
    const begin = this.#begin;
    if (isWhole && begin !== undefined && begin.previous.n > this.#removedTo) {
      this.#find(
        "removed",
        begin.where,
        `lines 1 to ${begin.previous.n} of the chain are missing before it, ${begin.previous.file} with them`,
      );
    }
    return {
      files: this.#files,
      unchained: this.#unchained,
      findings: this.#findings,
      further: this.#further,
      notes: this.#notes,
      moreNotes: this.#moreNotes,
      head: this.#running,
      last: this.#last,
      end: this.#end,
      torn: this.#torn,
    };
  }

  #check(where: Where, bytes: Buffer | undefined, link: ChainHead | undefined, own: OwnLine | undefined): void {
    this.#lookBack(where, link);
    const event = own?.event;
    const header = event?.event === "start" || event?.event === "continued" ? event : undefined;
    if (header !== undefined) this.#takeKey(where, header.key);
    const isFirst = this.#running === undefined;
    const before = this.#running ?? this.#beginAt(where, link, header?.previous, header !== undefined);
    const isAdrift = this.#isAdrift;
    this.#isAdrift = link === undefined;
    // what does not fit is passed over: the lines behind it are held against what it says of itself
    this.#running = link ?? before;
    if (isFirst && header !== undefined) this.#checkUnchained(where, event);
    if (isAdrift && link !== undefined) return;
    if (
      bytes !== undefined &&
      link !== undefined &&
      this.#key !== undefined &&
      follows(bytes, link, before, this.#key)
    ) {
      return;
    }
    if (this.#key === undefined && (header !== undefined || !isFirst)) return;
    if (this.#break !== undefined) this.#further += 1;
    else
      this.#break =
        isFirst && header === undefined
          ? this.#headless(where, link)
          : this.#breakAt(where, before.n + 1, link, header);
  }

  #breakAt(where: Where, expected: number, link: ChainHead | undefined, header: Header | undefined): Break {
    const previous = header?.previous?.file;
    const isSeen = previous === undefined || this.#files.some(({ file }) => file.endsWith(previous));
    const behind = this.#findings.length;
    return {
      where,
      expected,
      got: link?.n,
      missingFile: isSeen ? undefined : previous,
      behind,
      next: undefined,
      later: undefined,
    };
  }

  /** The first line in the chain is none that a chain begins with: one of those before it was, or they are missing. */
  #headless(where: Where, link: ChainHead | undefined): Break {
    const file = this.#files[0]?.file ?? where.file;
    if (this.#unchained === 0) return this.#breakAt(where, 1, link, undefined);
    return this.#breakAt({ file, line: 1 }, Math.max(1, (link?.n ?? 1) - this.#unchained), undefined, undefined);
  }

  /** What the first line in the chain is held against. */
  #beginAt(where: Where, link: ChainHead | undefined, previous: Place | undefined, isHeader: boolean): ChainHead {
    if (isHeader && previous !== undefined) this.#begin = { where, previous };
    if (isHeader) return previous ?? CHAIN_START;
    return link?.n === 1 ? CHAIN_START : { n: 0, mac: "" };
  }

  #checkUnchained(where: Where, event: OwnLine["event"] | undefined): void {
    if (this.#unchained === 0 && (event?.event !== "start" || event.after !== "unchained")) return;
    if (event?.event === "start" && event.after === "unchained" && event.unchained_bytes === this.#unchainedBytes)
      return;
    this.#find(
      "inserted",
      { ...where, line: 1 },
      "the lines before the chain are not the ones that were there when it began",
    );
  }

  #takeKey(where: Where, id: string): void {
    const key = this.#keys.get(id);
    if (key === undefined && id !== this.#unknownKey) {
      this.#unknownKey = id;
      this.#find("key", where, `from here on another key is needed (${id}); name its file with --key FILE`);
    }
    this.#key = key;
  }

  /** What the lines behind a break say of it. */
  #lookBack(where: Where, link: ChainHead | undefined): void {
    const broken = this.#break;
    if (broken === undefined || link === undefined) return;
    broken.next ??= link.n;
    if (broken.got !== undefined && link.n >= broken.expected && link.n < broken.got) broken.later ??= where;
  }

  #noteOwn(where: Where, { timestamp, event }: OwnLine): void {
    switch (event.event) {
      case "start": {
        const { unclean, problem } = event;
        if (problem !== undefined) {
          this.#find("reported", where, `the gate that started at ${timestamp} found lines missing: ${problem}`);
        }
        if (unclean !== undefined) {
          const torn = unclean.torn_bytes > 0 ? `; a torn line of ${unclean.torn_bytes} bytes was set apart` : "";
          this.#note(
            where,
            `the gate before did not end cleanly: calls between ${unclean.from} and ${unclean.to} may be missing${torn}`,
          );
        }
        return;
      }
      case "lost": {
        const { decisions, from, to, problem } = event;
        this.#note(where, `${decisions} decisions between ${from} and ${to} could not be written (${problem})`);
        return;
      }
      case "removed":
        this.#removedTo = Math.max(this.#removedTo, event.up_to.n);
        return;
      case "continued":
      case "rotated":
      case "end":
        return;
    }
  }

  #note(where: Where, what: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push({ where, what });
    else this.#moreNotes += 1;
  }

  #find(kind: Finding["kind"], where: Where, what: string): void {
    if (this.#findings.length < MAX_NOTES) this.#findings.push({ kind, where, what });
    else this.#further += 1;
  }
}

/** @param lastN the line that the log had come to */
function explainBreak({ where, expected, got, missingFile, next, later }: Break, lastN = Number.MAX_VALUE): Finding {
  const changed = { kind: "changed", where, what: `line ${expected} of the chain was changed` } as const;
  const isBehind = next === undefined && expected > lastN;
  if (got === undefined && (next === expected || isBehind))
    return { kind: "inserted", where, what: "no gate wrote this line" };
  if (got === undefined || got === expected || next === expected + 1) return changed;
  if (got < expected) {
    const what = `line ${got} of the chain stands here, where line ${expected} is due`;
    return { kind: "reordered", where, what };
  }
  if (later !== undefined) {
    const what = `line ${got} of the chain stands here, before line ${expected}, which follows at ${later.file}:${later.line}`;
    return { kind: "reordered", where, what };
  }
  const lines =
    got === expected + 1 ? `line ${expected} of the chain is` : `lines ${expected} to ${got - 1} of the chain are`;
  const file = missingFile === undefined ? "" : `, ${missingFile} with them`;
  return { kind: "removed", where, what: `${lines} missing before it${file}` };
}
