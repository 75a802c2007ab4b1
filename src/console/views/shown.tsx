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
};

export function Shown({ text, max = 2_000, lines = false }: ShownProps) {
  const cut = text.length > max;
  const pieces = splitShowable((cut ? text.slice(0, max) : text).toWellFormed());
  return (
    <bdi>
      {pieces.map((piece) => {
        if (typeof piece === "string") return piece;
        if (lines && (piece === LINE_FEED || piece === TAB)) return String.fromCodePoint(piece);
        return <span class="hidden-char">{nameCodePoint(piece)}</span>;
      })}
      {cut && (
        <span class="cut">
          … cut after {max.toLocaleString("en")} of {text.length.toLocaleString("en")} characters
        </span>
      )}
    </bdi>
  );
}

/** A name of a tool or server, or a file: one line, in the font of code. */
export function Name({ text, max = 400 }: ShownProps) {
  return (
    <code class="name">
      {text === "" ? <span class="hidden-char">empty name</span> : <Shown text={text} max={max} />}
    </code>
  );
}

/** `U+202E` */
export function nameCodePoint(codePoint: number): string {
  return `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}`;
}
