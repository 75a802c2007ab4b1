// One rule of the policy as its author wrote it, and where.
import type { ExplainedRule } from "../explain.ts";
import { ownId } from "../explain.ts";
import { Rego } from "./rego.tsx";
import { Name, Shown } from "./shown.tsx";

type RuleCardProps = {
  readonly rule: ExplainedRule;
  /** Whether it spoke to a call without arguments. */
  readonly spoke: boolean;
};

export function RuleCard({ rule: { id, note }, spoke }: RuleCardProps) {
  // those that did not speak stand below a heading of their own
  const Heading = spoke ? "h3" : "h4";
  return (
    <article class={`rule${spoke ? " spoke" : ""}`}>
      <header>
        <Heading>
          <Shown text={note?.title ?? ownId(id)} max={200} />
        </Heading>
        {note?.action !== undefined && <span class="badge plain">{note.action.replaceAll("_", " ")}</span>}
      </header>
      {note?.description !== undefined && (
        <p>
          <Shown text={note.description} max={1_000} lines />
        </p>
      )}
      <p class="soft">
        <Name text={ownId(id)} />
        {note === undefined ? (
          " · the bundle's index does not have it"
        ) : (
          <>
            {" · "}
            <code class="name">
              <Shown text={note.file} max={300} />:{note.row}
            </code>
            {" · "}
            {layerOf(id)}
          </>
        )}
      </p>
      {note?.text !== undefined && (
        <details open={spoke}>
          <summary>The rule</summary>
          <Rego text={note.text} label={`Rule ${ownId(id)}`} />
        </details>
      )}
    </article>
  );
}

function layerOf(id: string): string {
  if (id.startsWith("policy.servers")) return "the server's package";
  if (id.startsWith("policy.defaults/")) return "the defaults of the category";
  return "a guardrail";
}
