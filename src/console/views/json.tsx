// A JSON value on a page: one member a line, coloured, what does not show marked, what the log masked set apart.
import type { Child } from "hono/jsx";
import { Shown } from "./shown.tsx";

const TOKEN =
  /(?<key>"(?:[^"\\]|\\.)*"(?=:))|(?<masked>"\*\*(?:masked|truncated)\*\*\d*")|(?<string>"(?:[^"\\]|\\.)*")|(?<word>\b(?:true|false|null)\b)|(?<number>-?\b\d[\d.eE+-]*)/g;
/** Of the text that is shown. */
export const MAX_JSON_CHARS = 40_000;

type JsonProps = { readonly value: unknown; readonly label: string };

export function Json({ value, label }: JsonProps) {
  return <JsonText text={JSON.stringify(value, undefined, 2) ?? "undefined"} label={label} />;
}

/** @param text JSON as it is to be shown */
export function JsonText({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <section class="rego json" tabindex={0} aria-label={label}>
      <pre>
        <code>{colour(text.slice(0, MAX_JSON_CHARS))}</code>
      </pre>
      {text.length > MAX_JSON_CHARS && (
        <p class="cut">
          cut after {MAX_JSON_CHARS.toLocaleString("en")} of {text.length.toLocaleString("en")} characters
        </p>
      )}
    </section>
  );
}

function colour(text: string): Child[] {
  const parts: Child[] = [];
  let from = 0;
  const plain = (until: number): void => {
    if (until > from) parts.push(<Shown text={text.slice(from, until)} max={MAX_JSON_CHARS} lines />);
  };
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    const kind = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined)?.[0] ?? "";
    plain(match.index);
    parts.push(
      <span class={`json-${kind}`}>
        <Shown text={token} max={MAX_JSON_CHARS} lines />
      </span>,
    );
    from = match.index + token.length;
  }
  plain(text.length);
  return parts;
}
