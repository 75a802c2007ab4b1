// The playground: an input that a person edits, what the policy makes of it in the browser, and what the gate says.
import type { Decision } from "../../gate/types.ts";
import { PLAYGROUND_URL } from "../assets/assets.ts";
import type { SeenDecision } from "../decision-line.ts";
import type { Asked, ConsolePorts } from "../ports.ts";
import { PLAYGROUND } from "../urls.ts";
import { describeLimit, TREATMENT_NAMES } from "../words.ts";
import { Json } from "./json.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { Name, Shown } from "./shown.tsx";
import { VerdictBadge } from "./verdict.tsx";

type PlaygroundProps = {
  readonly viewer: Viewer;
  readonly inputText: string;
  /** Whether it has masks in the place of what was in the call. */
  readonly isMasked: boolean;
  /** Absent where the gate was not asked. */
  readonly asked?: Asked | undefined;
  readonly recent: readonly SeenDecision[];
  readonly meter: ConsolePorts["meter"];
  readonly inputKeys: readonly string[];
};

export function PlaygroundPage(props: PlaygroundProps) {
  const { viewer, inputText, isMasked, asked, recent, meter, inputKeys } = props;
  return (
    <Page title="Playground" section="Playground" viewer={viewer} scripts={[PLAYGROUND_URL]}>
      <h1>Playground</h1>
      <p class="lead">
        What would the active policy say? Edit the input: your browser judges it with the gate's own program. No call is
        made, and no token taken.
      </p>
      <form
        method="post"
        action={PLAYGROUND}
        class="playground"
        data-playground=""
        data-wasm={`${PLAYGROUND}/policy.wasm`}
        data-data={`${PLAYGROUND}/data.json`}
        data-rules={`${PLAYGROUND}/rules.json`}
        data-keys={inputKeys.join(" ")}
        data-base={String(meter.baseUnits)}
        data-per-byte={String(meter.unitsPerByte)}
        data-fuel={meter.exportName}
      >
        {viewer.csrf !== undefined && <input type="hidden" name="csrf" value={viewer.csrf} />}
        <div class="play-input">
          <label for="play-input">Input</label>
          {/* a line feed right after the tag is dropped by browsers */}
          <textarea id="play-input" name="input" spellcheck={false} autocomplete="off" rows={26} wrap="off">
            {`\n${inputText}`}
          </textarea>
          {isMasked && (
            <p class="note warning">The log has masked some of this input: put values in the place of the masks.</p>
          )}
          <p class="play-actions">
            <button type="submit" disabled={viewer.csrf === undefined}>
              Ask the gate
            </button>
            <span class="hint">
              The gate answers as for <code>/v1/data/regate/decision</code>, and records that it was asked.
            </span>
          </p>
        </div>
        <div class="play-answers">
          <section class="panel" aria-labelledby="browser-heading">
            <h2 id="browser-heading">In your browser</h2>
            <div id="browser-decision" class="play-decision" role="status">
              <p class="soft">Without scripts nothing is judged here: ask the gate.</p>
            </div>
          </section>
          {asked !== undefined && <GateAnswer asked={asked} inputText={inputText} />}
          {recent.length > 0 && (
            <section class="panel" aria-labelledby="recent-heading">
              <h2 id="recent-heading">Start from a call of late</h2>
              <ul class="play-recent">
                {recent.map(({ id, server, tool, method, verdict }) => (
                  <li>
                    <a href={`${PLAYGROUND}?${new URLSearchParams({ decision: id })}`}>
                      <Name text={tool ?? method} max={60} />
                    </a>
                    <span class="soft">
                      <Shown text={server} max={50} />
                    </span>
                    <VerdictBadge kind={verdict} />
                  </li>
                ))}
              </ul>
            </section>
          )}
        </div>
      </form>
    </Page>
  );
}

function GateAnswer({ asked, inputText }: { readonly asked: Asked; readonly inputText: string }) {
  if (asked.kind !== "decided") {
    return (
      <section class="panel" aria-labelledby="gate-heading">
        <h2 id="gate-heading">The gate</h2>
        <p class="note warning">
          {asked.kind === "refused" ? "It takes no such input: " : "It comes to no decision, and refuses such a call: "}
          <Shown text={asked.problem} max={800} />
        </p>
      </section>
    );
  }
  return (
    <section class="panel" aria-labelledby="gate-heading" id="gate-decision" data-input={inputText}>
      <h2 id="gate-heading">
        The gate <span data-same="" class="badge" role="status" hidden></span>
      </h2>
      <GateDecision decision={asked.decision} />
      <pre data-json="" hidden>
        {JSON.stringify(asked.decision)}
      </pre>
    </section>
  );
}

const MARKS = { allow: "forward", deny: "denied", require_approval: "approval_needed" } as const;

function GateDecision({ decision }: { readonly decision: Decision }) {
  return (
    <div class="play-decision">
      <p class={`verdict-mark mark-${MARKS[decision.action]}`}>{TREATMENT_NAMES[decision.action]}</p>
      {decision.reasons.map((reason) => (
        <p class="reason">
          <Shown text={reason} max={600} />
        </p>
      ))}
      {decision.rate_limits.map((limit) => (
        <p class="soft">{describeLimit(limit)}</p>
      ))}
      <details id="gate-json">
        <summary>The decision as JSON</summary>
        <Json value={decision} label="The gate's decision" />
      </details>
    </div>
  );
}
