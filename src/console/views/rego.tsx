// A piece of Rego, coloured, with a button that copies it where scripts run.
import type { Child } from "hono/jsx";
import { Shown } from "./shown.tsx";

const TOKEN =
  /(?<comment>#.*)|(?<string>"(?:[^"\\\n]|\\.)*")|(?<word>\b(?:package|import|contains|if|not|in|some|every|default|else|true|false|null)\b)|(?<number>\b\d+(?:\.\d+)?\b)/g;

type RegoProps = {
  readonly text: string;
  /** Says what it is, for who does not see where it stands. */
  readonly label: string;
  /** Of the element that holds exactly the text. */
  readonly codeId?: string;
};

export function Rego({ text, label, codeId }: RegoProps) {
  return (
    <section class="rego" tabindex={0} aria-label={label}>
      <pre>
        <code id={codeId}>{colour(text)}</code>
      </pre>
    </section>
  );
}

type CopyableProps = RegoProps & { readonly id: string; readonly title: string; readonly children?: Child };

/** @param children stand between the title and the code */
export function CopyableRego({ id, title, text, label, children }: CopyableProps) {
  return (
    <section class="snippet" aria-labelledby={`${id}-title`} id={id}>
      <header>
        <h3 id={`${id}-title`}>{title}</h3>
        <button type="button" class="quiet" data-copies={`${id}-code`} aria-label={`Copy: ${title}`} hidden>
          Copy
        </button>
        <span role="status" class="visually-hidden"></span>
      </header>
      {children}
      <Rego text={text} label={label} codeId={`${id}-code`} />
    </section>
  );
}

function colour(text: string): Child[] {
  const parts: Child[] = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [token] = match;
    const kind = Object.entries(match.groups ?? {}).find(([, value]) => value !== undefined)?.[0] ?? "";
    parts.push(<Shown text={text.slice(from, match.index)} lines />);
    parts.push(
      <span class={`rego-${kind}`}>
        <Shown text={token} lines />
      </span>,
    );
    from = match.index + token.length;
  }
  parts.push(<Shown text={text.slice(from)} lines />);
  return parts;
}
