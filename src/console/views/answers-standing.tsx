// Answers about where the tool stands: which rule decides it, who provides it, and whether it is still the tool that was
// reviewed.
import type { Child } from "hono/jsx";
import type { LiveStatus } from "../ports.ts";
import { stateOf } from "../tools.ts";
import { serverUrl, toolUrl } from "../urls.ts";
import { countOf, describeLimit } from "../words.ts";
import type { AnswerProps } from "./answers-facts.tsx";
import { StateMark } from "./badges.tsx";
import { RuleCard } from "./rule-card.tsx";
import { Name, Shown } from "./shown.tsx";

const MAX_NAMESAKES = 10;

export function DecidesAnswer({ known: { explanation, isReviewed } }: AnswerProps) {
  const { judgement, deciding, outdone, spoke, others, defaultsSilent } = explanation;
  const { evaluation, facts } = judgement;
  const decision = evaluation.kind === "decided" ? evaluation.decision : undefined;
  const count = spoke.length;
  return (
    <>
      <p>
        {count === 0
          ? "No rule speaks to a call without arguments, and where nothing permits a call, it is denied."
          : `${countOf(count, "rule")} ${count === 1 ? "speaks" : "speak"} to a call without arguments; the strictest wins.`}
        {defaultsSilent &&
          ` The defaults of ${facts.category} are silent, because the server's package speaks for this tool.`}
        {!isReviewed && " It was judged as a tool that nobody reviewed."}
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
      {[...deciding, ...outdone].map((rule) => (
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

export function ServerAnswer({ known: { name, server, serverTitle, info, endpoints, namesakes } }: AnswerProps) {
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
        .{info.source === "documented" && " The tool is known from its documentation."}{" "}
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

export function LiveAnswer({ known: { status, info, serverTitle } }: AnswerProps) {
  return (
    <>
      <p>
        <StateMark state={stateOf(info, status)} />
        {" · "}
        {describeStatus(status, <Shown text={serverTitle} max={80} />, info.source === "documented")}
      </p>
      {status.kind === "changed" && (
        <p class="note warning">
          <Shown text={status.what} max={2_000} lines />
        </p>
      )}
    </>
  );
}

function describeStatus(status: LiveStatus, server: Child, documented: boolean): Child {
  switch (status.kind) {
    case "reviewed":
      return status.by === "definition" ? (
        <>Yes: what {server} listed last is, to the byte of its canonical form, what was reviewed.</>
      ) : (
        <>{server} lists it, but what was reviewed was its documentation: no definition is there to compare.</>
      );
    case "changed":
      return (
        <>
          No: what {server} listed last is not what was reviewed. The gate denies its calls and leaves it out of
          tools/list until it is reviewed again.
        </>
      );
    case "uncatalogued":
      return (
        <>
          {server} lists it, and nobody reviewed it. <code>npx regate scan</code> adds it to the catalogue.
        </>
      );
    case "gone":
      return <>It was reviewed, and {server} no longer lists it.</>;
    case "unseen":
      return documented ? (
        <>It is known from documentation only, and {server} has not listed it to anyone since the gate started.</>
      ) : (
        <>Nobody knows yet: {server} has not listed it to anyone since the gate started. The next session will tell.</>
      );
  }
}
