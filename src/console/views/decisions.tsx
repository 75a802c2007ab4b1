// The decisions of late, as they come, and what to look for among them.
import { showable } from "../../mcp/showable.ts";
import type { SeenDecision } from "../decision-line.ts";
import { DECISION_FIELDS, type DecisionFilter, type FoundDecisions, REFUSED } from "../decisions.ts";
import { clockOf, describeDuration } from "../time.ts";
import { DECISIONS, decisionUrl } from "../urls.ts";
import { VERDICTS } from "../verdicts.ts";
import { Page, type Viewer } from "./layout.tsx";
import { LiveBar } from "./live-bar.tsx";
import { Name, Shown } from "./shown.tsx";
import { VerdictBadge } from "./verdict.tsx";

type DecisionsPageProps = {
  readonly viewer: Viewer;
  readonly filter: DecisionFilter;
  readonly found: FoundDecisions;
  /** Catalogue names of the configured servers. */
  readonly servers: readonly string[];
};

export function decisionsUrl(filter: Partial<DecisionFilter>, page = 1): string {
  const query = new URLSearchParams();
  for (const field of DECISION_FIELDS) if (filter[field]) query.set(field, filter[field]);
  if (page > 1) query.set("page", String(page));
  return query.size === 0 ? DECISIONS : `${DECISIONS}?${query}`;
}

export function DecisionsPage({ viewer, filter, found, servers }: DecisionsPageProps) {
  const isFiltered = DECISION_FIELDS.some((field) => filter[field] !== "");
  return (
    <Page title="Decisions" section="Decisions" viewer={viewer} live>
      <div class="title-row">
        <h1>Decisions</h1>
        <LiveBar />
      </div>
      <p class="lead">
        The last two thousand at most, newest first, arguments masked as in the log. Older ones: <code>regate log</code>
        .
      </p>
      <DecisionFilterForm filter={filter} servers={servers} isFiltered={isFiltered} />
      <div id="decisions" data-live="">
        {found.items.length === 0 ? (
          <p class="empty">
            {isFiltered ? (
              <>
                No decision fits. <a href={DECISIONS}>Show all</a>
              </>
            ) : (
              "No call has been judged yet. As soon as an agent calls a tool, it shows here."
            )}
          </p>
        ) : (
          <DecisionTable items={found.items} caption="Decisions, newest first" />
        )}
        {(found.page > 1 || found.hasMore) && (
          <nav class="pager" aria-label="Pages">
            <ul>
              {found.page > 1 && (
                <li>
                  <a href={decisionsUrl(filter, found.page - 1)} rel="prev">
                    Newer
                  </a>
                </li>
              )}
              <li>
                <span aria-current="page">{found.page}</span>
              </li>
              {found.hasMore && (
                <li>
                  <a href={decisionsUrl(filter, found.page + 1)} rel="next">
                    Older
                  </a>
                </li>
              )}
            </ul>
          </nav>
        )}
      </div>
    </Page>
  );
}

export function DecisionTable({
  items,
  caption,
}: {
  readonly items: readonly SeenDecision[];
  readonly caption: string;
}) {
  return (
    <table class="list decisions">
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Time (UTC)</th>
          <th scope="col">Verdict</th>
          <th scope="col">Call</th>
          <th scope="col">Principal, session</th>
          <th scope="col">Why</th>
          <th scope="col" class="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((decision) => (
          <DecisionLine decision={decision} />
        ))}
      </tbody>
    </table>
  );
}

function DecisionLine({ decision }: { readonly decision: SeenDecision }) {
  const { id, timestamp, verdict, server, tool, method, principal, session, judgedNs, gate } = decision;
  const [first, ...others] = rulesBehind(decision);
  return (
    <tr>
      <td class="time" data-label="Time (UTC)">
        <a href={decisionUrl(id)} aria-label={`Decision at ${clockOf(timestamp)} on ${(tool ?? method).slice(0, 60)}`}>
          <time dateTime={timestamp}>{clockOf(timestamp)}</time>
        </a>
      </td>
      <td data-label="Verdict">
        <VerdictBadge kind={verdict} observed={gate.observed === true} />
      </td>
      <th scope="row">
        <a href={decisionUrl(id)}>
          <Name text={tool ?? method} max={80} />
        </a>
        <span class="soft below">
          <Shown text={server} max={60} />
        </span>
      </th>
      <td data-label="Principal">
        <a class="plain" href={decisionsUrl({ principal })}>
          <Shown text={principal} max={40} />
        </a>
        <a class="soft below plain" href={decisionsUrl({ session })}>
          <Shown text={shortSession(session)} max={24} />
        </a>
      </td>
      <td data-label="Why">
        {first === undefined ? (
          <span class="soft">
            <Shown text={gate.problem ?? "no rule matched"} max={60} excerpt />
          </span>
        ) : (
          <>
            <Name text={first.slice(first.lastIndexOf("/") + 1)} max={50} />
            {others.length > 0 && <span class="soft"> and {others.length} more</span>}
          </>
        )}
      </td>
      <td class="number soft" data-label="Took">
        {describeDuration(judgedNs)}
      </td>
    </tr>
  );
}

/** The limit's own rule where one refused the call. */
function rulesBehind({ gate, rules }: SeenDecision): readonly string[] {
  return gate.limit === undefined ? rules.map(({ id }) => id) : [gate.limit.rule];
}

/** A session's name is long and random: its beginning tells it from the others on the page. */
export function shortSession(session: string): string {
  return session.length > 20 && !session.includes(":") ? `${session.slice(0, 10)}…` : session;
}

type FilterProps = {
  readonly filter: DecisionFilter;
  readonly servers: readonly string[];
  readonly isFiltered: boolean;
};

function DecisionFilterForm({ filter, servers, isFiltered }: FilterProps) {
  const all = filter.server === "" || servers.includes(filter.server) ? servers : [...servers, filter.server];
  const isOther = ![REFUSED, "", ...VERDICTS.map(({ kind }) => kind)].includes(filter.verdict);
  return (
    <search aria-label="Decisions">
      <form method="get" action={DECISIONS} class="filters">
        <p class="field">
          <label for="filter-server">Server</label>
          <select id="filter-server" name="server">
            <option value="">Any</option>
            {all.map((server) => (
              <option value={server} selected={server === filter.server}>
                {showable(server, 60)}
              </option>
            ))}
          </select>
        </p>
        <Text name="tool" label="Tool or method" value={filter.tool} placeholder="A part of its name" />
        <p class="field">
          <label for="filter-verdict">Verdict</label>
          <select id="filter-verdict" name="verdict">
            <option value="">Any</option>
            <option value={REFUSED} selected={filter.verdict === REFUSED}>
              All refused
            </option>
            {VERDICTS.map(({ kind, name }) => (
              <option value={kind} selected={kind === filter.verdict}>
                {name}
              </option>
            ))}
            {isOther && (
              <option value={filter.verdict} selected>
                {showable(filter.verdict, 60)}
              </option>
            )}
          </select>
        </p>
        <Text name="principal" label="Principal" value={filter.principal} />
        <Text name="session" label="Session" value={filter.session} />
        <Text name="rule" label="Rule" value={filter.rule} placeholder="A part of its id" />
        <p class="actions">
          <button type="submit">Filter</button>
          {isFiltered && <a href={DECISIONS}>Clear</a>}
        </p>
      </form>
    </search>
  );
}

type TextProps = {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
};

function Text({ name, label, value, placeholder }: TextProps) {
  const id = `filter-${name}`;
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input id={id} name={name} value={value} placeholder={placeholder} autocomplete="off" spellcheck={false} />
    </p>
  );
}
