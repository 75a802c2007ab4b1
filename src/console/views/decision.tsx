// The page of one decision: what became of the call, step by step, and all that it was judged by.
import type { RuleLocation } from "../../gate/types.ts";
import type { BucketTake, RuleSite, SeenDecision } from "../decision-line.ts";
import { type CallStep, describeSteps } from "../steps.ts";
import { describeDuration } from "../time.ts";
import { approvalUrl, DECISIONS, PLAYGROUND, serverUrl, toolUrl } from "../urls.ts";
import { explainVerdict } from "../verdicts.ts";
import { describeLimit } from "../words.ts";
import { Breadcrumb } from "./breadcrumb.tsx";
import { decisionsUrl } from "./decisions.tsx";
import { Json } from "./json.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { RuleCard } from "./rule-card.tsx";
import { Name, Shown } from "./shown.tsx";
import { VerdictBadge } from "./verdict.tsx";

type DecisionPageProps = {
  readonly viewer: Viewer;
  readonly decision: SeenDecision;
  /** Of the policy that is active now. */
  readonly rules: ReadonlyMap<string, RuleLocation>;
};

export function DecisionPage({ viewer, decision, rules }: DecisionPageProps) {
  const { id, verdict, tool, method, server, gate, result, timestamp, revision } = decision;
  const reasons = result?.reasons ?? [];
  const isOld = revision !== undefined && revision !== viewer.revision;
  return (
    <Page title={`${tool ?? method}: ${verdict}`} section="Decisions" viewer={viewer}>
      <Breadcrumb url={DECISIONS} name="Decisions">
        <code>{id.slice(0, 8)}</code>
      </Breadcrumb>
      <h1 class="tool-name">
        <Name text={tool ?? method} max={200} />
      </h1>
      <section class={`verdict edge-${verdict}`} aria-label="Verdict">
        <VerdictBadge kind={verdict} observed={gate.observed === true} />
        <div>
          <p>
            This call to <Shown text={server} max={100} /> {explainVerdict(verdict)}.
          </p>
          {reasons.map((reason) => (
            <p class="reason">
              <Shown text={reason} max={600} />
            </p>
          ))}
          {gate.problem !== undefined && (
            <p class="reason">
              <Shown text={gate.problem} max={1_000} />
            </p>
          )}
        </div>
      </section>
      <div class="columns">
        <div class="answers">
          <Steps steps={describeSteps(decision)} />
          <section class="answer" aria-labelledby="rules">
            <h2 id="rules">Matched rules</h2>
            {isOld && (
              <p class="note">
                Another bundle judged this call (<code>{revision.slice(0, 40)}</code>): titles and texts below are those
                of the rules as they are now.
              </p>
            )}
            {decision.rules.length === 0 ? (
              <p class="soft">
                {result === undefined ? "The policy was not asked." : "None matched; what nothing permits is denied."}
              </p>
            ) : (
              decision.rules.map((site) => <RuleCard rule={{ id: site.id, note: noteOf(site, rules) }} spoke />)
            )}
            {(result?.malformed ?? []).map((sentence) => (
              <p class="note warning">
                Malformed: <Shown text={sentence} max={600} />
              </p>
            ))}
          </section>
          <Buckets decision={decision} />
          <Input decision={decision} />
        </div>
        <aside class="aside">
          <dl class="facts">
            <dt>Time</dt>
            <dd>
              <time dateTime={timestamp}>{timestamp.replace("T", " ").replace("Z", " UTC")}</time>
            </dd>
            <dt>Server</dt>
            <dd>
              <a href={serverUrl(server)}>
                <Name text={server} max={100} />
              </a>
            </dd>
            {tool !== undefined && (
              <>
                <dt>Tool</dt>
                <dd>
                  <a href={toolUrl({ server, tool })}>
                    <Name text={tool} max={100} />
                  </a>
                </dd>
              </>
            )}
            <dt>Method</dt>
            <dd>
              <Name text={method} max={100} />
            </dd>
            <dt>Principal</dt>
            <dd>
              <a href={decisionsUrl({ principal: decision.principal })}>
                <Name text={decision.principal} max={100} />
              </a>
            </dd>
            <dt>Session</dt>
            <dd>
              <a href={decisionsUrl({ session: decision.session })}>
                <Name text={decision.session} max={200} />
              </a>
            </dd>
            <dt>Judged in</dt>
            <dd>{describeDuration(decision.judgedNs)}</dd>
            <dt>Fuel</dt>
            <dd>
              <Fuel decision={decision} />
            </dd>
            <dt>Policy</dt>
            <dd>{revision === undefined ? "none was asked" : <Name text={revision} max={60} />}</dd>
            <dt>Decision</dt>
            <dd>
              <code class="hash">{id}</code>
            </dd>
          </dl>
          {gate.approval !== undefined && (
            <p class="next">
              <a href={approvalUrl(gate.approval.id)}>The request for approval</a>
            </p>
          )}
          <p class="next">
            <a href={`${PLAYGROUND}?${new URLSearchParams({ decision: id })}`}>Open in the playground</a>
          </p>
          <p class="hint">
            <code>regate why {id.slice(0, 8)}</code> finds the nearest input that is allowed, and writes the test for
            it.
          </p>
        </aside>
      </div>
    </Page>
  );
}

/** Where the bundle that judged said that the rule stands, with what the active one says of it. */
function noteOf({ id, file, row }: RuleSite, rules: ReadonlyMap<string, RuleLocation>): RuleLocation | undefined {
  const note = rules.get(id);
  if (file === undefined || row === undefined) return note;
  return { ...note, file, row };
}

function Steps({ steps }: { readonly steps: readonly CallStep[] }) {
  if (steps.length === 0) return null;
  return (
    <section class="answer" aria-labelledby="steps">
      <h2 id="steps">What happened</h2>
      <ol class="trace">
        {steps.map(({ name, state, text }) => (
          <li class={`trace-${state}`}>
            <svg viewBox="0 0 16 16" aria-hidden="true">
              <path
                d={
                  state === "passed"
                    ? "M4 8.5l2.7 2.7L12 5.5"
                    : state === "refused"
                      ? "M4.5 4.5l7 7M11.5 4.5l-7 7"
                      : "M5 8h6"
                }
              />
            </svg>
            <p>
              <b>{name}</b>
              <span class="visually-hidden">{` (${state})`}</span>
            </p>
            <p class="soft">
              <Shown text={text} max={1_200} />
            </p>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Fuel({ decision: { fuel, budget } }: { readonly decision: SeenDecision }) {
  if (budget === undefined || budget === 0) return <>{fuel.toLocaleString("en")} units</>;
  return (
    <>
      {fuel.toLocaleString("en")} of {budget.toLocaleString("en")} units
      <Meter value={fuel} max={budget} label="" />
    </>
  );
}

function Buckets({ decision: { buckets, result, verdict } }: { readonly decision: SeenDecision }) {
  const limits = result?.rate_limits ?? [];
  if (limits.length === 0 && buckets.length === 0) return null;
  const back = verdict === "approval_needed" || verdict === "frozen";
  return (
    <section class="answer" aria-labelledby="buckets">
      <h2 id="buckets">Buckets</h2>
      {buckets.length === 0 && <p class="soft">Nothing was taken from them.</p>}
      {back && buckets.length > 0 && <p class="soft">The call did not go out, and what it had taken was given back.</p>}
      <ul class="buckets">
        {(buckets.length === 0 ? limits.map(({ rule }) => ({ rule })) : buckets).map((bucket) => {
          const limit = limits.find(({ rule }) => rule === bucket.rule);
          return (
            <li>
              <p>
                <Name text={bucket.rule.slice(bucket.rule.lastIndexOf("/") + 1)} max={80} />
                {limit !== undefined && <span class="soft"> {describeLimit(limit)}</span>}
              </p>
              {"max" in bucket && <Level bucket={bucket} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Level({ bucket: { before, after, max } }: { readonly bucket: BucketTake }) {
  const taken = before - after;
  return (
    <div class="level">
      <svg viewBox={`0 0 ${max} 1`} preserveAspectRatio="none" aria-hidden="true">
        <rect class="level-left" x={0} y={0} width={after} height={1} />
        <rect class="level-taken" x={after} y={0} width={Math.max(0, taken)} height={1} />
      </svg>
      <span>
        {number(before)} <span aria-hidden="true">→</span>
        <span class="visually-hidden">before, then</span> {number(after)} of {number(max)} tokens
        {taken <= 0 && <span class="soft"> (nothing taken)</span>}
      </span>
    </div>
  );
}

function Input({ decision: { input, masked, truncated } }: { readonly decision: SeenDecision }) {
  const given = "args" in input ? "args" : "params";
  const { [given]: args, ...rest } = input;
  return (
    <section class="answer" aria-labelledby="input">
      <h2 id="input">{given === "args" ? "Arguments" : "Parameters"}</h2>
      <Json value={args ?? {}} label={given === "args" ? "Arguments as JSON" : "Parameters as JSON"} />
      {masked.length + truncated.length > 0 && (
        <p class="soft">
          {masked.length > 0 && (
            <>
              Masked: <Places pointers={masked} />
            </>
          )}
          {truncated.length > 0 && (
            <>
              {" "}
              Cut: <Places pointers={truncated} />
            </>
          )}
        </p>
      )}
      <details id="rest-of-input">
        <summary>The rest of the input</summary>
        <Json value={rest} label="The rest of the input as JSON" />
      </details>
    </section>
  );
}

function Places({ pointers }: { readonly pointers: readonly string[] }) {
  return (
    <>
      {pointers.slice(0, 10).map((pointer, index) => (
        <>
          {index > 0 && ", "}
          <Name text={pointer.replace(/^\/input/, "")} max={120} />
        </>
      ))}
      {pointers.length > 10 && ` and ${pointers.length - 10} more`}
    </>
  );
}

type MeterProps = { readonly value: number; readonly max: number; readonly label: string };

/** How much of something is used. */
export function Meter({ value, max }: MeterProps) {
  return (
    <svg class="meter" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="meter-value" x={0} y={0} width={Math.min(100, (100 * value) / max)} height={1} />
    </svg>
  );
}

function number(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: 2 });
}
