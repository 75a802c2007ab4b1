// Answers about what a policy can do with the tool: the Rego for exactly this one, and what it would meet in this policy.
import { type ExplainedRule, type Explanation, ownId } from "../explain.ts";
import { describeLimit } from "../words.ts";
import type { AnswerProps } from "./answers-facts.tsx";
import { CopyableRego } from "./rego.tsx";
import { Name } from "./shown.tsx";

type Part = { readonly explanation: Explanation };

export function PolicyAnswer({ known: { explanation, name } }: AnswerProps) {
  const { policyFile, rego } = explanation;
  return (
    <>
      <ol class="steps">
        <li>
          {policyFile === undefined ? (
            <>
              Give the server a package of its own: a new file below <Name text="policy/servers/" /> in the policy
              folder, with one of these in it.
            </>
          ) : (
            <>
              Add one of these to <Name text={policyFile} /> in the policy folder, where the package of{" "}
              <Name text={name.server} /> is, beside the tool's other rules where it has some.
            </>
          )}
        </li>
        <li>
          <code>npx regate test</code> checks, lints and tests it; <code>npx regate build</code> compiles it.
        </li>
        <li>
          <code>npx regate reload</code> has the gate judge by it, without dropping a call.
        </li>
      </ol>
      <div class="snippets">
        <CopyableRego id="rego-allow" title="Allow it" text={rego.allow} label="Rego that allows the tool">
          <AllowNote explanation={explanation} />
        </CopyableRego>
        <CopyableRego id="rego-limit" title="Rate-limit it" text={rego.rate_limit} label="Rego that limits the tool">
          <LimitNote explanation={explanation} />
        </CopyableRego>
        <CopyableRego
          id="rego-approval"
          title="Require approval"
          text={rego.require_approval}
          label="Rego that asks for approval of the tool"
        >
          <ApprovalNote explanation={explanation} />
        </CopyableRego>
        <CopyableRego id="rego-deny" title="Deny it" text={rego.deny} label="Rego that denies the tool">
          <p>A deny wins over every other rule: nothing else has to change.</p>
        </CopyableRego>
      </div>
    </>
  );
}

function AllowNote({ explanation: { meets, treatment } }: Part) {
  if (treatment === "refused") return <p>No decision is reached now: mend the policy first.</p>;
  if (meets.stricter.length > 0) {
    return treatment === "depends" ? (
      <p>
        Lets through what no rule denies: <RuleNames rules={meets.stricter} /> still{" "}
        {meets.stricter.length === 1 ? "wins where its" : "win where their"} conditions hold.
      </p>
    ) : (
      <p>
        Not enough by itself: <RuleNames rules={meets.stricter} /> would still win, so{" "}
        {meets.stricter.length === 1 ? "that has" : "they have"} to go as well.
      </p>
    );
  }
  if (meets.silenced.length > 0) {
    return (
      <p>
        Takes the place of <RuleNames rules={meets.silenced} />: the defaults are silent on a tool that its server's
        package names.
      </p>
    );
  }
  if (treatment === "depends") return <p>Lets every call through that no rule denies, whatever it holds.</p>;
  return (
    <p>{treatment === "deny" ? "This alone lets it through." : "It is allowed already, by a rule of the package."}</p>
  );
}

function LimitNote({ explanation }: Part) {
  switch (explanation.limitAction) {
    case "limit":
      return <p>Adds a limit to what the package says already, and permits nothing by itself.</p>;
    case "inherit":
      return (
        <p>
          Adds a limit; <code>inherit</code> keeps <RuleNames rules={explanation.meets.silenced} />.
        </p>
      );
    case "allow":
      return <AllowNote explanation={explanation} />;
  }
}

function ApprovalNote({ explanation: { meets, treatment } }: Part) {
  const denying = meets.stricter.filter(({ note }) => note?.action === "deny");
  if (denying.length > 0 && treatment === "depends") {
    return (
      <p>
        Asks a person about what no rule denies: <RuleNames rules={denying} /> still{" "}
        {denying.length === 1 ? "wins where its" : "win where their"} conditions hold.
      </p>
    );
  }
  if (denying.length > 0) {
    return (
      <p>
        Not enough by itself: <RuleNames rules={denying} /> {denying.length === 1 ? "denies" : "deny"} it, and that
        wins.
      </p>
    );
  }
  if (meets.silenced.length > 0) {
    return (
      <p>
        Takes the place of <RuleNames rules={meets.silenced} />, limits and all.
      </p>
    );
  }
  return <p>Wins over every rule that allows; limits go on counting.</p>;
}

export function LimitAnswer({ known: { explanation } }: AnswerProps) {
  const { evaluation } = explanation.judgement;
  const limits = evaluation.kind === "decided" ? evaluation.decision.rate_limits : [];
  const snippet = <a href="#rego-limit">the rule above</a>;
  if (explanation.treatment === "deny" || explanation.treatment === "refused") {
    return (
      <p>
        Yes, though it is {explanation.treatment === "deny" ? "denied" : "refused"} now, so that there is nothing to
        count. To let it through ten times a minute, use {snippet}. <AllowCaution explanation={explanation} />
      </p>
    );
  }
  if (limits.length > 0) {
    return (
      <>
        <p>It is limited already:</p>
        <ul>
          {limits.map((limit) => (
            <li>
              {describeLimit(limit)}, by <Name text={ownId(limit.rule)} />
            </li>
          ))}
        </ul>
        <p>
          Change <code>max</code> and <code>window</code> there, or add {snippet}: all limits of matched rules count. A
          bucket starts full and refills all the time.
        </p>
      </>
    );
  }
  if (explanation.treatment === "depends") {
    return (
      <p>
        Yes. A call without arguments is denied, and <a href="#decides">rules that look at what a call holds</a> may
        limit the others already. Add {snippet} to limit all that pass.
      </p>
    );
  }
  return (
    <p>
      Yes, and nothing limits it now. Add {snippet}: ten calls a minute for each session; <code>per</code> counts for
      the principal or for everyone, <code>cost</code> lets a call take more.
    </p>
  );
}

function AllowCaution({ explanation: { meets } }: Part) {
  if (meets.stricter.length === 0) return null;
  return (
    <>
      <RuleNames rules={meets.stricter} /> {meets.stricter.length === 1 ? "has" : "have"} to go first.
    </>
  );
}

export function BlockAnswer({ known: { explanation } }: AnswerProps) {
  const { treatment, deciding, judgement } = explanation;
  const snippet = <a href="#rego-deny">the deny above</a>;
  if (treatment === "deny") {
    const hidden = judgement.evaluation.kind === "decided" && judgement.evaluation.decision.hidden;
    return (
      <p>
        It is blocked
        {deciding.length > 0 ? (
          <>
            {" "}
            by <RuleNames rules={deciding} />
          </>
        ) : (
          ", because no rule permits it"
        )}
        {hidden ? ", and agents don't see it in tools/list." : "; agents still see it in tools/list."} To keep it so
        whatever else is written, add {snippet}.
      </p>
    );
  }
  return (
    <p>
      Add {snippet}: it wins over every rule that allows, and <code>hide</code> leaves the tool out of tools/list, so
      that an agent does not try. To block some calls only, put a condition behind it:{" "}
      <code>{'if input.principal.id == "..."'}</code>.
    </p>
  );
}

function RuleNames({ rules }: { readonly rules: readonly ExplainedRule[] }) {
  return (
    <>
      {rules.map(({ id }, index) => (
        <>
          {index > 0 && (index === rules.length - 1 ? " and " : ", ")}
          <Name text={ownId(id)} max={80} />
        </>
      ))}
    </>
  );
}
