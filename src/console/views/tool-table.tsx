// A list of tools with what matters of each: what it is, what its definition adds, what the policy does with it now.
import { HIDDEN_IN_NAME, isPlainName } from "../names.ts";
import type { LiveStatus } from "../ports.ts";
import { stateOf, type ToolRow } from "../tools.ts";
import { serverUrl, toolUrl } from "../urls.ts";
import type { Treatment } from "../words.ts";
import { CategoryBadge, SeverityMark, SignalBadge, StateMark, TreatmentBadge } from "./badges.tsx";
import { Name, Shown } from "./shown.tsx";

/** A tool of the list, and what is known of it now. */
export type ListedTool = {
  readonly row: ToolRow;
  readonly status: LiveStatus;
  readonly treatment: Treatment;
  readonly mayBeStricter: boolean;
};

type ToolTableProps = {
  readonly caption: string;
  readonly tools: readonly ListedTool[];
  /** Whether each row names its server. */
  readonly withServer: boolean;
};

const MAX_SIGNALS = 4;

export function ToolTable({ caption, tools, withServer }: ToolTableProps) {
  return (
    <table class="tools">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Tool</th>
          <th scope="col">Category</th>
          <th scope="col">Severity</th>
          <th scope="col">Decision now</th>
          <th scope="col">Definition</th>
        </tr>
      </thead>
      <tbody>
        {tools.map((tool) => (
          <ToolLine {...tool} withServer={withServer} />
        ))}
      </tbody>
    </table>
  );
}

function ToolLine({
  row,
  status,
  treatment,
  mayBeStricter,
  withServer,
}: ListedTool & { readonly withServer: boolean }) {
  const { category, severity, signals = [], description = "" } = row.info;
  return (
    <tr>
      <th scope="row">
        <a href={toolUrl(row)}>
          <Name text={row.tool} max={120} />
        </a>
        {!isPlainName(row.tool) && <span class="badge warning">{HIDDEN_IN_NAME}</span>}
        <span class="about">
          {withServer && (
            <>
              <a href={serverUrl(row.server)}>
                <Shown text={row.serverTitle} max={60} />
              </a>
              {" · "}
            </>
          )}
          <Shown text={firstSentence(description)} max={110} excerpt />
        </span>
      </th>
      <td data-label="Category">
        <CategoryBadge category={category} />
      </td>
      <td data-label="Severity">
        <SeverityMark severity={severity} />
        {signals.length > 0 && (
          <span class="signals">
            {signals.slice(0, MAX_SIGNALS).map((signal) => (
              <SignalBadge signal={signal} />
            ))}
            {signals.length > MAX_SIGNALS && <span class="soft">and {signals.length - MAX_SIGNALS} more</span>}
          </span>
        )}
      </td>
      <td data-label="Decision now">
        <TreatmentBadge treatment={treatment} />
        {mayBeStricter && <span class="soft stricter">or stricter, by the call</span>}
      </td>
      <td data-label="Definition">
        <StateMark state={stateOf(row.info, status)} />
      </td>
    </tr>
  );
}

function firstSentence(description: string): string {
  const line = description.trim().slice(0, 400).replace(/\s+/g, " ");
  if (line === "") return "no description";
  return /^.{20,}?[.!?](?= |$)/.exec(line)?.[0] ?? line;
}
