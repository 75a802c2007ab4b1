// The sessions of late with their buckets, and the buckets that sessions share.
import type { BucketNow } from "../ports.ts";
import type { SessionRow } from "../session-list.ts";
import { describeAge } from "../time.ts";
import { FREEZE, SESSIONS } from "../urls.ts";
import { countOf } from "../words.ts";
import { decisionsUrl, shortSession } from "./decisions.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { LiveBar } from "./live-bar.tsx";
import { Pager, type Slice } from "./pages.tsx";
import { Name, Shown } from "./shown.tsx";

type SessionsPageProps = {
  readonly viewer: Viewer;
  readonly found: Slice<SessionRow>;
  readonly shared: readonly BucketNow[];
  /** Whether there are more buckets than are looked at. */
  readonly isCut: boolean;
  readonly nowUnixMs: number;
};

const MAX_SHARED = 100;
const MAX_OWN = 6;
const GATE_OWN = "gate/new-sessions";

export function SessionsPage({ viewer, found, shared, isCut, nowUnixMs }: SessionsPageProps) {
  return (
    <Page title="Sessions" section="Sessions" viewer={viewer} live>
      <div class="title-row">
        <h1>Sessions</h1>
        <LiveBar />
      </div>
      <p class="lead">
        Who works through this gate, and what is left in the buckets of their limits. A bucket that is full again is not
        listed.
      </p>
      <div id="sessions" data-live="">
        {found.total === 0 ? (
          <p class="empty">No session has called anything since the gate started.</p>
        ) : (
          <table class="list sessions">
            <caption class="visually-hidden">Sessions, the one that was heard of last first</caption>
            <thead>
              <tr>
                <th scope="col">Session</th>
                <th scope="col">Principal</th>
                <th scope="col">Calls</th>
                <th scope="col">Heard of</th>
                <th scope="col">Buckets</th>
              </tr>
            </thead>
            <tbody>
              {found.items.map((row) => (
                <SessionLine row={row} nowUnixMs={nowUnixMs} />
              ))}
            </tbody>
          </table>
        )}
        <Pager slice={found} urlOf={(page) => `${SESSIONS}?page=${page}`} />
        {shared.length > 0 && (
          <section class="part" aria-labelledby="shared">
            <h2 id="shared">Buckets that sessions share</h2>
            <ul class="bucket-grid">
              {shared.slice(0, MAX_SHARED).map((bucket) => (
                <li>
                  <Bucket bucket={bucket} withOwner />
                </li>
              ))}
            </ul>
            {shared.length > MAX_SHARED && <p class="soft">and {shared.length - MAX_SHARED} more, which are fuller</p>}
          </section>
        )}
        {isCut && <p class="note">There are more buckets than this page looks at: some are missing here.</p>}
      </div>
    </Page>
  );
}

function SessionLine({ row, nowUnixMs }: { readonly row: SessionRow; readonly nowUnixMs: number }) {
  const { session, server, principal, calls, refused, firstUnixMs, lastUnixMs, buckets } = row;
  return (
    <tr>
      <th scope="row">
        <a href={decisionsUrl({ session })}>
          <Name text={shortSession(session)} max={60} />
        </a>
        <span class="soft below">
          <Shown text={server} max={60} />
        </span>
      </th>
      <td data-label="Principal">
        <a class="plain" href={decisionsUrl({ principal })}>
          <Shown text={principal} max={60} />
        </a>
        <a class="soft below plain freeze-link" href={`${FREEZE}?${new URLSearchParams({ principal })}`}>
          freeze
        </a>
      </td>
      <td data-label="Calls">
        {calls.toLocaleString("en")}
        <span class={`below ${refused > 0 ? "is-refused" : "soft"}`}>
          {refused === 0 ? "none refused" : `${refused.toLocaleString("en")} refused`}
        </span>
      </td>
      <td data-label="Heard of">
        {describeAge(nowUnixMs - lastUnixMs)} ago
        <span class="soft below">for {describeAge(lastUnixMs - firstUnixMs)}</span>
      </td>
      <td data-label="Buckets">
        {buckets.length === 0 ? (
          <span class="soft">all full</span>
        ) : (
          <ul class="buckets-own">
            {buckets.slice(0, MAX_OWN).map((bucket) => (
              <li>
                <Bucket bucket={bucket} withOwner={false} />
              </li>
            ))}
            {buckets.length > MAX_OWN && <li class="soft">and {countOf(buckets.length - MAX_OWN, "fuller bucket")}</li>}
          </ul>
        )}
      </td>
    </tr>
  );
}

function Bucket({ bucket, withOwner }: { readonly bucket: BucketNow; readonly withOwner: boolean }) {
  const { rule, principal, server, what, max, left, fullInSeconds } = bucket;
  const name = rule === GATE_OWN ? "new sessions" : rule.slice(rule.lastIndexOf("/") + 1);
  const owner = principal ?? "everyone";
  const counted = [what, withOwner ? server : undefined].filter((part) => part !== undefined).join(" on ");
  return (
    <div class="bucket-now">
      <p>
        <Name text={name} max={50} />
        {(counted !== "" || withOwner) && (
          <span class="soft">
            {" "}
            <Shown text={withOwner ? [owner, counted].filter((part) => part !== "").join(": ") : counted} max={90} />
          </span>
        )}
      </p>
      <svg viewBox={`0 0 ${max} 1`} preserveAspectRatio="none" aria-hidden="true">
        <rect class={left < max * 0.2 ? "level-low" : "level-left"} x={0} y={0} width={Math.max(0, left)} height={1} />
      </svg>
      <p class="soft">
        {number(left)} of {number(max)} left
        {fullInSeconds >= 1 && `, full in ${Math.ceil(fullInSeconds).toLocaleString("en")} s`}
      </p>
    </div>
  );
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 1 });
}
