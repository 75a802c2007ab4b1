// The first page: what the gate does now, and whether anything is out of order.
import type { RefusedTool } from "../../status/activity.ts";
import type { ServerStatus, Status } from "../../status/status-schema.ts";
import { RANGES, type Range, type Summary } from "../chart.ts";
import { describeAge, describeDuration, describeShare } from "../time.ts";
import { APPROVALS, BUNDLE, DECISIONS, HOME, SESSIONS, serverUrl, toolUrl } from "../urls.ts";
import { nameVerdict } from "../verdicts.ts";
import { countOf } from "../words.ts";
import { CallChart } from "./chart.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { LiveBar } from "./live-bar.tsx";
import { Name, Shown } from "./shown.tsx";

type OverviewProps = {
  readonly viewer: Viewer;
  readonly status: Status;
  readonly range: Range;
  readonly summary: Summary;
  readonly refused: readonly RefusedTool[];
  readonly sessions: number;
  readonly nowUnixMs: number;
};

export function OverviewPage(props: OverviewProps) {
  const { viewer, status, range, summary, refused } = props;
  return (
    <Page title="Overview" section="Overview" viewer={viewer} live>
      <div class="title-row">
        <h1>Overview</h1>
        <LiveBar />
        <nav class="ranges" aria-label="Time">
          {RANGES.map(({ name, title }) => (
            <a
              href={name === RANGES[0].name ? HOME : `${HOME}?range=${name}`}
              aria-current={name === range.name ? "true" : undefined}
            >
              {title}
            </a>
          ))}
        </nav>
      </div>
      <div id="overview" data-live="">
        <Notices status={status} waiting={viewer.waiting} />
        <Tiles {...props} />
        <section class="panel" aria-labelledby="calls">
          <h2 id="calls">Calls</h2>
          <CallChart summary={summary} range={range} />
        </section>
        <div class="two">
          <section class="panel" aria-labelledby="servers">
            <h2 id="servers">Servers</h2>
            <Servers servers={status.servers} />
          </section>
          <section class="panel" aria-labelledby="refused">
            <h2 id="refused">
              Most refused <span class="soft">in 24 hours</span>
            </h2>
            <Refused rows={refused} />
          </section>
        </div>
      </div>
    </Page>
  );
}

/** What a person must know before all else; nothing where all is in order. */
function Notices({ status, waiting }: { readonly status: Status; readonly waiting: number }) {
  const { policy, bundle, log, servers, shadow } = status;
  const observed = servers.filter(({ mode }) => mode === "observe");
  return (
    <>
      {waiting > 0 && (
        <p class="note waits">
          <a href={APPROVALS}>
            {waiting === 1 ? "One call waits" : `${waiting.toLocaleString("en")} calls wait`} for a person
          </a>
        </p>
      )}
      {policy.digest === "" && (
        <p class="note alarm">
          <b>No policy is in force yet.</b> Every call is refused until a bundle comes from{" "}
          <Shown text={policy.file} max={300} />.
        </p>
      )}
      {bundle.message !== undefined && (
        <p class="note warning">
          The bundle can't be taken: <Shown text={bundle.message} max={300} />
        </p>
      )}
      {log.failing && (
        <p class="note alarm">
          <b>The decision log can't be written.</b>{" "}
          {log.on_failure === "refuse"
            ? "Calls are refused until it can."
            : "Calls go on, and their decisions are lost."}
        </p>
      )}
      {log.lost > 0 && (
        <p class="note warning">{countOf(log.lost, "decision")} of this run are missing from the decision log.</p>
      )}
      {observed.length > 0 && (
        <p class="note warning">
          <b>Nothing is refused on </b>
          {observed.map(({ key }, index) => (
            <>
              {index > 0 && ", "}
              <Name text={key} />
            </>
          ))}
          : what the policy refuses there is only observed.
        </p>
      )}
      {shadow?.problem !== undefined && (
        <p class="note warning">
          The shadow bundle can't be taken: <Shown text={shadow.problem} max={300} />
        </p>
      )}
    </>
  );
}

function Tiles({ status, range, summary, sessions, nowUnixMs }: OverviewProps) {
  const { total, refused, p50Ns, p99Ns } = summary;
  return (
    <dl class="tiles">
      <div>
        <dt>Calls</dt>
        <dd>
          <a href={DECISIONS}>{total.toLocaleString("en")}</a>
        </dd>
        <dd class="soft">{range.title.toLowerCase()}</dd>
      </div>
      <div>
        <dt>Refused</dt>
        <dd>
          <a href={`${DECISIONS}?verdict=refused`}>{refused.toLocaleString("en")}</a>
        </dd>
        <dd class="soft">{describeShare(refused, total)} of the calls</dd>
      </div>
      <div>
        <dt>Judging takes</dt>
        <dd>{p50Ns === undefined ? "–" : describeDuration(p50Ns)}</dd>
        <dd class="soft">median; 99 % within {p99Ns === undefined ? "–" : describeDuration(p99Ns)}</dd>
      </div>
      <div>
        <dt>Sessions</dt>
        <dd>
          <a href={SESSIONS}>{sessions.toLocaleString("en")}</a>
        </dd>
        <dd class="soft">heard of in the last hour</dd>
      </div>
      <div>
        <dt>Policy</dt>
        <dd class="code">
          <a href={BUNDLE}>
            <Shown text={status.policy.revision} max={14} excerpt />
          </a>
        </dd>
        <dd class="soft">in force for {describeAge(nowUnixMs - Date.parse(status.policy.since))}</dd>
      </div>
    </dl>
  );
}

function Refused({ rows }: { readonly rows: readonly RefusedTool[] }) {
  if (rows.length === 0) return <p class="empty small">Nothing was refused.</p>;
  const most = rows[0]?.total ?? 1;
  return (
    <ol class="ranked">
      {rows.map(({ server, tool, verdicts, total }) => (
        <li>
          <a class="what" href={`${DECISIONS}?${new URLSearchParams({ server, tool, verdict: "refused" })}`}>
            <Name text={tool} max={60} />
          </a>
          <span class="soft where">
            <Shown text={server} max={60} />
          </span>
          <span class="count-of">{total.toLocaleString("en")}</span>
          <svg class="bar" viewBox={`0 0 ${most} 1`} preserveAspectRatio="none" aria-hidden="true">
            {layOut(verdicts).map(({ kind, count, before }) => (
              <rect class={`bar-${kind}`} x={before} y={0} width={count} height={1} />
            ))}
          </svg>
          <span class="soft how">
            {[...verdicts]
              .map(([kind, count]) => `${count.toLocaleString("en")} ${nameVerdict(kind).toLowerCase()}`)
              .join(", ")}
            {" · "}
            <a href={toolUrl({ server, tool })}>
              why<span class="visually-hidden"> {tool.slice(0, 60)}</span>
            </a>
          </span>
        </li>
      ))}
    </ol>
  );
}

function layOut(verdicts: ReadonlyMap<string, number>) {
  let before = 0;
  return [...verdicts].map(([kind, count]) => {
    before += count;
    return { kind, count, before: before - count };
  });
}

function Servers({ servers }: { readonly servers: readonly ServerStatus[] }) {
  if (servers.length === 0) {
    return (
      <p class="empty small">
        No servers are configured. <code>regate servers add</code> adds one.
      </p>
    );
  }
  return (
    <ul class="servers-now">
      {servers.map((server) => (
        <Server server={server} />
      ))}
    </ul>
  );
}

function Server({ server }: { readonly server: ServerStatus }) {
  const { key, catalogue, verdicts, sessions, changed_tools: changed, has_rules: hasRules, last_call: last } = server;
  const { health, text } = describeUpstream(server);
  const total = Object.values(verdicts).reduce((sum, count) => sum + count, 0);
  return (
    <li>
      <p class="head">
        <span class={`health health-${health}`} aria-hidden="true"></span>
        <a href={serverUrl(catalogue)}>
          <Name text={key} max={60} />
        </a>
        {server.mode === "observe" && <span class="badge warning">observed</span>}
        {server.arguments === "loose" && <span class="badge warning">loose arguments</span>}
        {changed.length > 0 && <span class="badge alarm">{countOf(changed.length, "changed tool")}</span>}
        {!hasRules && <span class="badge">defaults only</span>}
      </p>
      <p class="soft">
        {text}
        {" · "}
        {countOf(total, "call")} since the start
        {" · "}
        {countOf(sessions, "session")}
        {last !== undefined && ` · last at ${last.slice(11, 16)}`}
      </p>
      <svg class="bar" viewBox={`0 0 ${Math.max(1, total)} 1`} preserveAspectRatio="none" aria-hidden="true">
        {layOut(new Map(Object.entries(verdicts))).map(({ kind, count, before }) => (
          <rect class={`bar-${kind}`} x={before} y={0} width={count} height={1} />
        ))}
      </svg>
    </li>
  );
}

function describeUpstream({ upstream }: ServerStatus): {
  readonly health: "up" | "idle" | "down";
  readonly text: string;
} {
  if (upstream.kind === "stdio") {
    const { processes } = upstream;
    if (processes === 0) return { health: "idle", text: "no process: one starts with the next session" };
    return { health: "up", text: `${processes} ${processes === 1 ? "process" : "processes"} running` };
  }
  const { connections, last_status: last } = upstream;
  if (last === undefined) return { health: "idle", text: "no answer to the last request, if there was one" };
  return { health: last < 500 ? "up" : "down", text: `last answer ${last}, ${countOf(connections, "connection")}` };
}
