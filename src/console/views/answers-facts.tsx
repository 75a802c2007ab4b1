// Answers about the tool itself: what it does, and how risky it is.
import type { FC } from "hono/jsx";
import type { ToolKnowledge } from "../knowledge.ts";
import type { ReviewedParameter } from "../ports.ts";
import { CATEGORY_MEANS, countOf, describeSignal, nameSignal, RISK_MEANS, SEVERITY_MEANS } from "../words.ts";
import { CategoryBadge, RiskBadge, SeverityMark } from "./badges.tsx";
import { Name, Shown } from "./shown.tsx";

export type AnswerProps = { readonly known: ToolKnowledge };
export type Answer = FC<AnswerProps>;

const MAX_DESCRIPTION = 10_000;
const MAX_PARAMETERS = 200;

export function WhatAnswer({ known: { info, server, serverTitle } }: AnswerProps) {
  const { category, source } = info;
  const description = info.description?.trim() ?? "";
  return (
    <>
      {description === "" ? (
        <p>
          Nobody says: <Shown text={serverTitle} max={80} /> gives no description of it
          {source === "documented" && `, and version ${server?.version ?? ""} does not list it`}. What is known of it
          comes from its name{source === "documented" && " and from documentation"}.
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
      <Parameters parameters={info.parameters} />
    </>
  );
}

type Parameters = Readonly<Record<string, ReviewedParameter>>;

function Parameters({ parameters }: { readonly parameters: Parameters | undefined }) {
  if (parameters === undefined) return <p>Its parameters are not known.</p>;
  const all = Object.entries(parameters).sort(([, one], [, other]) => Number(other.required) - Number(one.required));
  if (all.length === 0) return <p>No parameters are known of it, so none is required.</p>;
  const described = all.some(([, { description }]) => description !== undefined && description !== "");
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
          {described && <th scope="col">Description</th>}
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
            {described && (
              <td data-label="Description">{description ? <Shown text={description} max={300} /> : null}</td>
            )}
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

export function RiskAnswer({ known: { info, isReviewed } }: AnswerProps) {
  const { category, risk, severity, signals = [], rationale } = info;
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
      {!isReviewed && <p>Nobody has reviewed it: all this is what its definition looks like, by itself.</p>}
      {rationale === undefined ? (
        <p>No reason is noted.</p>
      ) : (
        <p class="rationale">
          <Shown text={rationale} max={2_000} lines />
        </p>
      )}
    </>
  );
}
