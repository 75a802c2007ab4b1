// The page of one tool: what it is, and the answers to what people ask of it.
import type { ToolKnowledge } from "../knowledge.ts";
import { listForeign } from "../names.ts";
import { stateOf } from "../tools.ts";
import { CATALOGUE, serverUrl } from "../urls.ts";
import { describeDecision, describeLimit } from "../words.ts";
import { CategoryBadge, RiskBadge, SeverityMark, SignalBadge, StateMark, TreatmentBadge } from "./badges.tsx";
import { Breadcrumb } from "./breadcrumb.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { QUESTIONS } from "./questions.tsx";
import { Name, nameCodePoint, Shown } from "./shown.tsx";

export function ToolPage({ viewer, known }: { readonly viewer: Viewer; readonly known: ToolKnowledge }) {
  const { name, serverTitle } = known;
  return (
    <Page title={name.tool} section="Catalogue" viewer={viewer}>
      <Breadcrumb url={CATALOGUE} name="Catalogue">
        <a href={serverUrl(name.server)}>
          <Shown text={serverTitle} max={80} />
        </a>
      </Breadcrumb>
      <h1 class="tool-name">
        <Name text={name.tool} />
      </h1>
      <Marks known={known} />
      <NameWarning tool={name.tool} />
      <Verdict known={known} />
      <div class="columns">
        <div class="answers">
          {QUESTIONS.map(({ id, ask, Answer }) => (
            <section id={id} class="answer" aria-labelledby={`${id}-question`}>
              <h2 id={`${id}-question`}>{ask(<Name text={name.tool} max={60} />)}</h2>
              <Answer known={known} />
            </section>
          ))}
        </div>
        <aside class="aside">
          <Facts known={known} />
          <nav aria-label="On this page" class="contents">
            <ul>
              {QUESTIONS.map(({ id, short }) => (
                <li>
                  <a href={`#${id}`}>{short}</a>
                </li>
              ))}
            </ul>
          </nav>
        </aside>
      </div>
    </Page>
  );
}

type Part = { readonly known: ToolKnowledge };

function Marks({ known: { info } }: Part) {
  const { category, risk, severity, signals = [] } = info;
  return (
    <p class="marks">
      <CategoryBadge category={category} />
      <RiskBadge risk={risk} />
      <SeverityMark severity={severity} />
      {signals.map((signal) => (
        <SignalBadge signal={signal} />
      ))}
    </p>
  );
}

/** Letters of other scripts are fine, where a person knows that they are there. */
function NameWarning({ tool }: { readonly tool: string }) {
  const foreign = listForeign(tool);
  if (foreign.length === 0) return null;
  const hidden = foreign.filter(({ shows }) => !shows);
  return (
    <p class="note warning">
      This name is not plain ASCII
      {hidden.length > 0 && `, and holds ${hidden.length === 1 ? "a character" : "characters"} that can't be seen`}. A
      name that looks the same may be another tool:{" "}
      {foreign.slice(0, 20).map(({ codePoint, shows }) => (
        <>
          <span class="code-point">
            {shows && `${String.fromCodePoint(codePoint)} `}
            {nameCodePoint(codePoint)}
          </span>{" "}
        </>
      ))}
      {foreign.length > 20 && `and ${foreign.length - 20} more`}
    </p>
  );
}

function Verdict({ known: { explanation } }: Part) {
  const { judgement, treatment, deciding } = explanation;
  const { evaluation } = judgement;
  return (
    <section class={`verdict verdict-${treatment}`} aria-label="Decision now">
      <TreatmentBadge treatment={treatment} />
      <div>
        {evaluation.kind === "failed" ? (
          <p>
            The policy comes to no decision, so the gate refuses: <Shown text={evaluation.problem} max={400} />
          </p>
        ) : (
          <>
            <p>
              A call without arguments {describeDecision(evaluation.decision)}
              {treatment === "depends" && "; another may pass, by what it holds"}
              {explanation.mayBeStricter && "; another may be treated more strictly, by what it holds"}.
            </p>
            {evaluation.decision.rate_limits.map((limit) => (
              <p class="limit">{describeLimit(limit)}</p>
            ))}
            {evaluation.decision.reasons.map((reason) => (
              <p class="reason">
                <Shown text={reason} max={400} />
              </p>
            ))}
          </>
        )}
        {deciding.length > 0 && (
          <p class="soft">
            {deciding.length === 1 ? "Rule: " : "Rules: "}
            {deciding.map(({ id, note }, index) => (
              <>
                {index > 0 && ", "}
                <a href="#decides">
                  <Shown text={note?.title ?? id} max={120} />
                </a>
              </>
            ))}
          </p>
        )}
      </div>
    </section>
  );
}

function Facts({ known: { name, info, server, status, endpoints } }: Part) {
  const parameters = Object.values(info.parameters ?? {});
  const required = parameters.filter((parameter) => parameter.required);
  const { category, risk, severity } = info;
  return (
    <dl class="facts">
      <dt>Server</dt>
      <dd>
        <Name text={name.server} />
      </dd>
      {server?.package !== undefined && (
        <>
          <dt>Package</dt>
          <dd>
            <Name text={server.package} />
          </dd>
        </>
      )}
      {server?.version !== undefined && (
        <>
          <dt>Version</dt>
          <dd>
            <Shown text={server.version} max={60} />
          </dd>
        </>
      )}
      <dt>Endpoint</dt>
      <dd>{endpoints.length === 0 ? "none in this gate" : endpoints.map((key) => <Name text={`/mcp/${key}`} />)}</dd>
      <dt>Category</dt>
      <dd>{category}</dd>
      <dt>Risk</dt>
      <dd>{risk}</dd>
      <dt>Severity</dt>
      <dd>{severity}</dd>
      <dt>Parameters</dt>
      <dd>{info.parameters === undefined ? "not known" : `${parameters.length}, ${required.length} required`}</dd>
      <dt>Definition</dt>
      <dd>
        <StateMark state={stateOf(info, status)} />
      </dd>
      {info.sha256 !== undefined && (
        <>
          <dt>{status.kind === "uncatalogued" ? "SHA-256 now" : "Reviewed SHA-256"}</dt>
          <dd>
            <code class="hash">{info.sha256}</code>
          </dd>
        </>
      )}
    </dl>
  );
}
