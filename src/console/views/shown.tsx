// Text that came from outside, on a page: escaped as all text is, kept from reordering what stands around it, and with every
// character that does not show marked by its number.
import { splitShowable } from "../../mcp/showable.ts";

const LINE_FEED = 0x0a;
const TAB = 0x09;

type ShownProps = {
  readonly text: string;
  /** In UTF-16 units; what is longer is cut, and says so. */
  readonly max?: number;
  /** Line feeds and tabs are what they are: for texts of several lines. */
  readonly lines?: boolean;
  /** Only an excerpt: that it is cut goes without saying how much. */
  readonly excerpt?: boolean;
};

export function Shown({ text, max = 2_000, lines = false, excerpt = false }: ShownProps) {
  const cut = text.length > max;
  const pieces = splitShowable((cut ? text.slice(0, max) : text).toWellFormed());
  return (
    <bdi>
      {pieces.map((piece) => {
        if (typeof piece === "string") return piece;
        if (lines && (piece === LINE_FEED || piece === TAB)) return String.fromCodePoint(piece);
        return <span class="hidden-char">{nameCodePoint(piece)}</span>;
      })}
      {cut && excerpt && "…"}
      {cut && !excerpt && (
        <span class="cut">
          … cut after {max.toLocaleString("en")} of {text.length.toLocaleString("en")} characters
        </span>
      )}
    </bdi>
  );
}

/** A name of a tool or server, or a file: one line, in the font of code. Blanks at its ends don't show, so they are marked. */
export function Name({ text, max = 400 }: ShownProps) {
  const [, before = "", middle = "", after = ""] = /^( *)(.*?)( *)$/s.exec(text) ?? [];
  return (
    <code class="name">
      {text === "" && <span class="hidden-char">empty name</span>}
      <Blanks count={before.length} />
      {middle !== "" && <Shown text={middle} max={max} />}
      <Blanks count={after.length} />
    </code>
  );
}

function Blanks({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return <span class="hidden-char">{count === 1 ? "U+0020" : `${count} times U+0020`}</span>;
}

/** `U+202E` */
export function nameCodePoint(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
}
