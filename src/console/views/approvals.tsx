// The calls that wait for a person: each with its exact arguments, and a form for the answer.
import type { ApprovalRequest } from "../../approvals/approval.ts";
import type { RuleLocation } from "../../gate/types.ts";
import { ownId } from "../explain.ts";
import { indentJson } from "../indent-json.ts";
import { describeAge, momentOf } from "../time.ts";
import { APPROVALS, approvalUrl, decisionUrl, serverUrl, toolUrl } from "../urls.ts";
import { countOf } from "../words.ts";
import { Breadcrumb } from "./breadcrumb.tsx";
import { decisionsUrl, shortSession } from "./decisions.tsx";
import { JsonText, MAX_JSON_CHARS } from "./json.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { LiveBar } from "./live-bar.tsx";
import { Name, Shown } from "./shown.tsx";

export type RuleNotes = ReadonlyMap<string, RuleLocation>;

type ApprovalsPageProps = {
  readonly viewer: Viewer;
  /** Those that wait; the one that lapses first comes first. */
  readonly pending: readonly ApprovalRequest[];
  /** The newest first. */
  readonly others: readonly ApprovalRequest[];
  readonly rules: RuleNotes;
  readonly nowUnixMs: number;
  /** Why the last answer was not taken. */
  readonly problem?: string | undefined;
};

/** Of arguments in the queue; who wants to approve longer ones looks at all of them first. */
const MAX_QUEUE_CHARS = 4_000;

export function ApprovalsPage({ viewer, pending, others, rules, nowUnixMs, problem }: ApprovalsPageProps) {
  const title = pending.length === 0 ? "Approvals" : `Approvals (${pending.length})`;
  return (
    <Page title={title} section="Approvals" viewer={viewer} live>
      <div class="title-row">
        <h1>Approvals</h1>
        <LiveBar />
      </div>
      <p class="lead">
        Calls for which a rule asks for a person. An answer counts for exactly the call that is shown: with one other
        argument, in another session or under another policy it is another call.
      </p>
      {problem !== undefined && <Problem text={problem} />}
      <section aria-labelledby="waiting">
        <h2 id="waiting" class="visually-hidden">
          Waiting
        </h2>
        <div id="pending" data-live="" data-keyed="" class="requests">
          {pending.length === 0 ? (
            <p class="empty" id="nothing-waits">
              No call waits for a person.
            </p>
          ) : (
            pending.map((request) => (
              <Request {...{ request, viewer, rules, nowUnixMs }} maxChars={MAX_QUEUE_CHARS} isAlone={false} />
            ))
          )}
        </div>
      </section>
      <div id="others" data-live="">
        {others.length > 0 && (
          <section class="part" aria-labelledby="lately">
            <h2 id="lately">Lately</h2>
            <Decided requests={others} nowUnixMs={nowUnixMs} />
          </section>
        )}
      </div>
    </Page>
  );
}

type ApprovalPageProps = Omit<ApprovalsPageProps, "pending" | "others"> & { readonly request: ApprovalRequest };

export function ApprovalPage({ viewer, request, rules, nowUnixMs, problem }: ApprovalPageProps) {
  const { id, revision, definitionSha256, askedUnixMs, lapsesUnixMs } = request;
  return (
    <Page title={`Approval: ${request.tool}`} section="Approvals" viewer={viewer} live>
      <Breadcrumb url={APPROVALS} name="Approvals">
        <code>{id.slice(0, 8)}</code>
      </Breadcrumb>
      <div class="title-row">
        <h1>{request.state === "pending" ? "A call waits for you" : "A call that waited"}</h1>
        <LiveBar />
      </div>
      {problem !== undefined && <Problem text={problem} />}
      <div id="pending" data-live="" data-keyed="" class="requests">
        <Request {...{ request, viewer, rules, nowUnixMs }} maxChars={MAX_JSON_CHARS} isAlone />
      </div>
      <dl class="facts row">
        <div>
          <dt>Asked</dt>
          <dd>{momentOf(askedUnixMs)}</dd>
        </div>
        <div>
          <dt>Lapses</dt>
          <dd>{momentOf(lapsesUnixMs)}</dd>
        </div>
        <div>
          <dt>Policy</dt>
          <dd>
            <Name text={revision} max={60} />
          </dd>
        </div>
        <div>
          <dt>Definition</dt>
          <dd>
            {definitionSha256 === undefined ? "none listed" : <code class="hash">{definitionSha256.slice(0, 16)}</code>}
          </dd>
        </div>
        <div>
          <dt>Request</dt>
          <dd>
            <code class="hash">{id}</code>
          </dd>
        </div>
      </dl>
    </Page>
  );
}

function Problem({ text }: { readonly text: string }) {
  return (
    <p class="problem" role="alert">
      <Shown text={text} max={600} />
    </p>
  );
}

/** What is approved, as JSON: the arguments, and what else the server is told, where that is anything. */
export function jsonOf({ argsText, besidesText }: ApprovalRequest): string {
  return besidesText === undefined ? argsText : `{"arguments":${argsText},"besides":${besidesText}}`;
}

type RequestProps = {
  readonly request: ApprovalRequest;
  readonly viewer: Viewer;
  readonly rules: RuleNotes;
  readonly nowUnixMs: number;
  readonly maxChars: number;
  readonly isAlone: boolean;
};

function Request({ request, viewer, rules, nowUnixMs, maxChars, isAlone }: RequestProps) {
  const { id, state, server, serverKey, tool, principal, session, reasons, decisionId } = request;
  // alone on its page it stands right below the page's own heading
  const Heading = isAlone ? "h2" : "h3";
  const text = indentJson(jsonOf(request));
  const isCut = text.length > maxChars;
  return (
    <article
      class={`request request-${state}`}
      id={`request-${id}`}
      data-version={state}
      aria-labelledby={`tool-${id}`}
    >
      <header>
        <Heading id={`tool-${id}`} class="request-title">
          <a href={toolUrl({ server, tool })}>
            <Name text={tool} max={120} />
          </a>
          <span class="soft">
            {" "}
            on{" "}
            <a class="plain" href={serverUrl(server)}>
              <Shown text={server} max={80} />
            </a>
            {serverKey !== undefined && serverKey !== server && (
              <>
                {" "}
                as <Name text={serverKey} max={80} />
              </>
            )}
          </span>
        </Heading>
        <p class="lapses">{describeState(request, nowUnixMs)}</p>
      </header>
      <p class="who">
        <a class="plain" href={decisionsUrl({ principal })}>
          <b>
            <Shown text={principal} max={80} />
          </b>
        </a>{" "}
        <span class="soft">
          in session{" "}
          <a class="plain" href={decisionsUrl({ session })}>
            <Name text={shortSession(session)} max={60} />
          </a>
          {" · "}
          <a href={decisionUrl(decisionId)}>how it was judged</a>
        </span>
      </p>
      {reasons.map((reason) => (
        <p class="why">
          <Shown text={reason} max={600} />
        </p>
      ))}
      <p class="soft">
        {request.rules.map((rule, index) => (
          <>
            {index > 0 && ", "}
            <Shown text={rules.get(rule)?.title ?? ownId(rule)} max={120} />
          </>
        ))}
      </p>
      <div class="arguments">
        <JsonText text={text.slice(0, maxChars)} label={`Arguments of ${tool.slice(0, 60)}`} />
        {isCut && (
          <p class="note warning">
            {countOf(text.length - maxChars, "further character")} are not shown here.{" "}
            <a href={maxChars === MAX_QUEUE_CHARS ? approvalUrl(id) : `${approvalUrl(id)}/arguments`}>
              See all of them
            </a>{" "}
            before you decide.
          </p>
        )}
      </div>
      {state === "pending" && viewer.csrf !== undefined && (
        <Answer request={request} csrf={viewer.csrf} canApprove={!isCut || maxChars !== MAX_QUEUE_CHARS} />
      )}
      {state === "pending" && viewer.csrf === undefined && (
        <p class="soft">Sign in to answer here; with the key in a header, POST /v1/approvals does it.</p>
      )}
    </article>
  );
}

type AnswerProps = { readonly request: ApprovalRequest; readonly csrf: string; readonly canApprove: boolean };

function Answer({ request: { id, tool }, csrf, canApprove }: AnswerProps) {
  const short = tool.slice(0, 60);
  return (
    <div class="answer-forms">
      {canApprove && (
        <form method="post" action={`${approvalUrl(id)}/approve`} class="approve-form">
          <input type="hidden" name="csrf" value={csrf} />
          <button type="submit" class="approve" aria-label={`Approve once: ${short}`}>
            Approve once
          </button>
          <details id={`more-${id}`}>
            <summary>for some minutes</summary>
            <p class="hint">
              Then every further call of this tool in this session goes out too, whatever its arguments.
            </p>
            <p class="minutes">
              <label for={`minutes-${id}`}>Minutes</label>
              <input id={`minutes-${id}`} name="minutes" type="number" min={1} max={1_440} inputmode="numeric" />
              <button type="submit" class="quiet" name="grant" value="yes">
                Approve for these minutes
              </button>
            </p>
          </details>
        </form>
      )}
      <form method="post" action={`${approvalUrl(id)}/deny`} class="deny-form">
        <input type="hidden" name="csrf" value={csrf} />
        <label for={`reason-${id}`} class="visually-hidden">
          Why it is denied: the agent is told
        </label>
        <input
          id={`reason-${id}`}
          name="reason"
          required
          maxlength={1_000}
          placeholder="Why not? The agent is told."
          autocomplete="off"
        />
        <button type="submit" class="danger" aria-label={`Deny: ${short}`}>
          Deny
        </button>
      </form>
    </div>
  );
}

function Decided({
  requests,
  nowUnixMs,
}: {
  readonly requests: readonly ApprovalRequest[];
  readonly nowUnixMs: number;
}) {
  return (
    <table class="list">
      <caption class="visually-hidden">Requests that wait no more, the newest first</caption>
      <thead>
        <tr>
          <th scope="col">Call</th>
          <th scope="col">Principal</th>
          <th scope="col">What became of it</th>
          <th scope="col">Asked</th>
        </tr>
      </thead>
      <tbody>
        {requests.map((request) => (
          <tr>
            <th scope="row">
              <a href={approvalUrl(request.id)}>
                <Name text={request.tool} max={80} />
              </a>
              <span class="soft below">
                <Shown text={request.serverKey ?? request.server} max={60} />
              </span>
            </th>
            <td data-label="Principal">
              <Shown text={request.principal} max={60} />
            </td>
            <td data-label="What became of it">
              <span class={`state-of-request request-state-${request.state}`}>{STATES[request.state]}</span>
              <span class="soft below">
                <Shown text={describeDecided(request)} max={300} />
              </span>
            </td>
            <td data-label="Asked">{describeAge(nowUnixMs - request.askedUnixMs)} ago</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const STATES: Readonly<Record<ApprovalRequest["state"], string>> = {
  pending: "Waiting",
  approved: "Approved",
  denied: "Denied",
  lapsed: "Lapsed",
  used: "Approved, and went out",
  voided: "Void",
};

function describeState(request: ApprovalRequest, nowUnixMs: number): string {
  if (request.state === "pending") return `lapses in ${describeAge(request.lapsesUnixMs - nowUnixMs)}`;
  const how = describeDecided(request);
  return `${STATES[request.state]}${how === "" ? "" : `: ${how}`}`;
}

function describeDecided({ state, decided }: ApprovalRequest): string {
  if (decided !== undefined) {
    const { by, reason, grantMinutes } = decided;
    const grant = grantMinutes === undefined ? "" : `, and further calls for ${countOf(grantMinutes, "minute")}`;
    return `by ${by}${grant}${reason === undefined ? "" : `: ${reason}`}`;
  }
  if (state === "lapsed") return "nobody decided in time";
  return state === "voided" ? "what it was bound to has changed" : "";
}
