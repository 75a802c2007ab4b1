// Answers about the tool itself: what it does, how risky it is, who provides it, which rule decides, and whether it is still
// the tool that was reviewed.
import type { Child, FC } from "hono/jsx";
import type { ToolKnowledge } from "../knowledge.ts";
import type { ReviewedParameter } from "../ports.ts";
import { factsOf } from "../tools.ts";
import { serverUrl, toolUrl } from "../urls.ts";
import {
  CATEGORY_MEANS,
  countOf,
  describeLimit,
  describeSignal,
  nameSignal,
  RISK_MEANS,
  SEVERITY_MEANS,
} from "../words.ts";
import { CategoryBadge, RiskBadge, SeverityMark, StateMark } from "./badges.tsx";
import { RuleCard } from "./rule-card.tsx";
import { Name, Shown } from "./shown.tsx";

export type AnswerProps = { readonly known: ToolKnowledge };
export type Answer = FC<AnswerProps>;

const MAX_DESCRIPTION = 10_000;
const MAX_PARAMETERS = 200;
const MAX_NAMESAKES = 10;

export function WhatAnswer({ known: { reviewed, server, serverTitle } }: AnswerProps) {
  const { category } = factsOf({ reviewed });
  const description = reviewed?.description?.trim() ?? "";
  return (
    <>
      {description === "" ? (
        <p>
          Nobody says: <Shown text={serverTitle} max={80} /> gives no description of it
          {reviewed?.source === "documented" && `, and version ${server?.version ?? ""} does not list it`}. What is
          known of it comes from its name{reviewed?.source === "documented" && " and from documentation"}.
        </p>
      ) : (
        <figure class="quote">
          <figcaption>In the server's own words</figcaption>
          <blockquote>
            <Shown text={description} max={MAX_DESCRIPTION} lines />
          </blockquote>
        </figure>
      )}
      <p>
        It counts as <CategoryBadge category={category} />: {CATEGORY_MEANS[category].replace(/^It /, "it ")}
      </p>
      <Parameters parameters={reviewed?.parameters} />
    </>
  );
}

type Parameters = Readonly<Record<string, ReviewedParameter>>;

function Parameters({ parameters }: { readonly parameters: Parameters | undefined }) {
  if (parameters === undefined) return <p>Its parameters are not known.</p>;
  const all = Object.entries(parameters).sort(([, one], [, other]) => Number(other.required) - Number(one.required));
  if (all.length === 0) return <p>No parameters are known of it, so none is required.</p>;
  return (
    <table class="parameters">
      <caption>
        {countOf(all.length, "parameter")}, {all.filter(([, { required }]) => required).length} required
      </caption>
      <thead>
        <tr>
          <th scope="col">Parameter</th>
          <th scope="col">Type</th>
          <th scope="col">Required</th>
          <th scope="col">Description</th>
        </tr>
      </thead>
      <tbody>
        {all.slice(0, MAX_PARAMETERS).map(([name, { type, required, description }]) => (
          <tr>
            <th scope="row">
              <Name text={name} max={100} />
            </th>
            <td data-label="Type">
              <code>
                <Shown text={type ?? "any"} max={100} />
              </code>
            </td>
            <td data-label="Required">{required ? <b>required</b> : "optional"}</td>
            <td data-label="Description">{description === undefined ? "" : <Shown text={description} max={300} />}</td>
          </tr>
        ))}
        {all.length > MAX_PARAMETERS && (
          <tr>
            <td colspan={4}>and {all.length - MAX_PARAMETERS} more</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

export function RiskAnswer({ known: { reviewed } }: AnswerProps) {
  const { category, risk, severity } = factsOf({ reviewed });
  const signals = reviewed?.signals ?? [];
  return (
    <>
      <p>
        <RiskBadge risk={risk} />, {RISK_MEANS[risk]}, because it counts as {category}. Its severity is{" "}
        <SeverityMark severity={severity} />: {SEVERITY_MEANS[severity]}.
      </p>
      {signals.length > 0 && (
        <>
          <p>What was found in its definition:</p>
          <ul class="found">
            {signals.map((signal) => (
              <li>
                <b>
                  <Shown text={nameSignal(signal)} max={100} />
                </b>
                {describeSignal(signal) !== undefined && `: it ${describeSignal(signal)}`}
              </li>
            ))}
          </ul>
        </>
      )}
      <h3>Why it needs a policy</h3>
      {reviewed?.rationale === undefined ? (
        <p>
          {reviewed === undefined ? "Nobody has reviewed it, so nobody knows what it can do." : "No reason is noted."}
        </p>
      ) : (
        <p class="rationale">
          <Shown text={reviewed.rationale} max={2_000} lines />
        </p>
      )}
    </>
  );
}

export function DecidesAnswer({ known: { explanation, reviewed } }: AnswerProps) {
  const { judgement, deciding, matched, others, defaultsSilent } = explanation;
  const { evaluation, facts } = judgement;
  const decision = evaluation.kind === "decided" ? evaluation.decision : undefined;
  const count = deciding.length + matched.length;
  return (
    <>
      <p>
        {count === 0
          ? "No rule speaks to a call without arguments, and where nothing permits a call, it is denied."
          : `${countOf(count, "rule")} ${count === 1 ? "speaks" : "speak"} to a call without arguments; the strictest wins.`}
        {defaultsSilent &&
          ` The defaults of ${facts.category} are silent, because the server's package speaks for this tool.`}
        {reviewed === undefined && " It was judged as a tool that nobody reviewed."}
      </p>
      {decision !== undefined && decision.malformed.length > 0 && (
        <ul class="note warning">
          {decision.malformed.map((fault) => (
            <li>
              <Shown text={fault} max={400} />
            </li>
          ))}
        </ul>
      )}
      {[...deciding, ...matched].map((rule) => (
        <RuleCard rule={rule} spoke />
      ))}
      {decision !== undefined && decision.rate_limits.length > 0 && (
        <p>
          {countOf(decision.rate_limits.length, "limit")} {decision.rate_limits.length === 1 ? "counts" : "count"} each
          call: {decision.rate_limits.map(describeLimit).join("; ")}.
        </p>
      )}
      {others.length > 0 && (
        <>
          <h3>May speak as well, by what a call holds</h3>
          {others.map((rule) => (
            <RuleCard rule={rule} spoke={false} />
          ))}
        </>
      )}
    </>
  );
}

export function ServerAnswer({ known: { name, server, serverTitle, reviewed, endpoints, namesakes } }: AnswerProps) {
  const others = namesakes.slice(0, MAX_NAMESAKES);
  return (
    <>
      <p>
        <a href={serverUrl(name.server)}>
          <Shown text={serverTitle} max={100} />
        </a>
        , known in policy and log as <Name text={name.server} />
        {server?.package !== undefined && (
          <>
            {" "}
            and installed as <Name text={server.package} />
            {server.version !== undefined && (
              <>
                , reviewed in version <Shown text={server.version} max={60} />
              </>
            )}
          </>
        )}
        .{reviewed?.source === "documented" && " The tool is known from its documentation."}{" "}
        {endpoints.length === 0 ? (
          "No server of this gate has that name, so no agent can call it here."
        ) : (
          <>
            Agents reach it through this gate at{" "}
            {endpoints.map((key, index) => (
              <>
                {index > 0 && ", "}
                <Name text={`/mcp/${key}`} />
              </>
            ))}
            .
          </>
        )}
      </p>
      {others.length > 0 && (
        <p>
          Tools of this name on other servers are other tools, with rules of their own:{" "}
          {others.map((other, index) => (
            <>
              {index > 0 && ", "}
              <a href={toolUrl(other)}>
                <Shown text={other.server} max={80} />
              </a>
            </>
          ))}
          {namesakes.length > others.length && ` and ${namesakes.length - others.length} more`}.
        </p>
      )}
    </>
  );
}

export function LiveAnswer({ known: { status, reviewed, serverTitle } }: AnswerProps) {
  return (
    <p>
      <StateMark state={status.kind} /> {describeStatus(status.kind, serverTitle, reviewed?.source === "documented")}
    </p>
  );
}

function describeStatus(kind: ToolKnowledge["status"]["kind"], server: string, documented: boolean): Child {
  const shown = <Shown text={server} max={80} />;
  switch (kind) {
    case "reviewed":
      return <>Yes: what {shown} listed last is, to the byte of its canonical form, what was reviewed.</>;
    case "changed":
      return (
        <>
          No: what {shown} lists now is not what was reviewed. The gate denies its calls and leaves it out of tools/list
          until it is reviewed again; <code>npx regate scan --check</code> shows the difference.
        </>
      );
    case "uncatalogued":
      return (
        <>
          There is none: {shown} lists the tool, and nobody reviewed it. <code>npx regate scan</code> adds it to the
          catalogue.
        </>
      );
    case "gone":
      return documented ? (
        <>There is none to compare: it is known from documentation, and {shown} does not list it.</>
      ) : (
        <>It was reviewed, and {shown} does not list it any more.</>
      );
    case "unseen":
      return (
        <>
          Nobody knows yet: {shown} has listed its tools to no one since the gate started. The first session will tell.
        </>
      );
  }
}
