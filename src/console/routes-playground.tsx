// The playground's page, and what the browser needs to judge by itself: the program, its data, where rules stand. All of it for
// who is signed in only.
import { bodyLimit } from "hono/body-limit";
import { escapeJson } from "../mcp/showable.ts";
import { messageOf } from "../problem.ts";
import { readDecision } from "./decision-line.ts";
import { findDecision, findDecisions, readDecisionFilter } from "./decisions.ts";
import { HEADERS, WASM_POLICY } from "./headers.ts";
import type { Asked } from "./ports.ts";
import type { Ctx, Shared } from "./routes.ts";
import { listTools } from "./tools.ts";
import { PLAYGROUND } from "./urls.ts";
import { MessagePage } from "./views/message.tsx";
import { PlaygroundPage } from "./views/playground.tsx";

/** An input in a form: so long that any call's arguments that a person edits fit. */
const MAX_INPUT_BYTES = 1_048_576;
const MAX_RECENT = 6;
const BARE_INPUT = JSON.stringify({ server: "", tool: "", category: "Read", args: {} });

export function addPlayground({ app, ports, guard, view, notFound }: Shared): void {
  const { lines, meter, inputKeys } = ports;

  const page = (c: Ctx, inputText: string, isMasked: boolean, asked?: Asked) => {
    c.header("content-security-policy", WASM_POLICY);
    const { viewer } = view(c);
    const recent = listRecent();
    return <PlaygroundPage {...{ viewer, inputText, isMasked, asked, recent, meter, inputKeys }} />;
  };

  /** The last calls, of each tool one. */
  const listRecent = () => {
    const { items } = findDecisions(
      lines,
      readDecisionFilter(() => undefined),
      undefined,
    );
    const byTool = new Map(
      items.toReversed().map((one) => [JSON.stringify([one.server, one.tool ?? one.method]), one]),
    );
    return [...byTool.values()].toReversed().slice(0, MAX_RECENT);
  };

  app.get(PLAYGROUND, (c) => {
    const { policy } = view(c);
    const id = c.req.query("decision");
    if (id !== undefined) {
      const decision = findDecision(lines, id);
      if (decision === undefined) return notFound(c, "No such decision is among the last ones that are kept here.");
      const isMasked = decision.masked.length + decision.truncated.length > 0;
      return c.html(page(c, pretty(decision.input), isMasked));
    }
    const [server, tool] = [c.req.query("server"), c.req.query("tool")];
    if (server !== undefined && tool !== undefined)
      return c.html(page(c, pretty(JSON.parse(policy.inputOf({ server, tool }))), false));
    const [last] = lines.recent();
    const decision = last && readDecision(last);
    if (decision !== undefined) return c.html(page(c, pretty(decision.input), decision.masked.length > 0));
    const [first] = listTools(policy.catalogue, ports.live);
    return c.html(page(c, pretty(JSON.parse(first === undefined ? BARE_INPUT : policy.inputOf(first))), false));
  });

  const inputForm = bodyLimit({
    maxSize: MAX_INPUT_BYTES,
    onError: (c) => c.html(<MessagePage title="Too large" message="An input here has a megabyte at most." />, 413),
  });
  app.post(PLAYGROUND, inputForm, async (c) => {
    const change = await guard.readChange(c);
    if (change.kind === "refused") return change.answer;
    // browsers send line ends of two characters
    const inputText = (change.form.get("input") ?? "").replaceAll("\r\n", "\n");
    return c.html(page(c, inputText, false, await ask(inputText)));
  });

  const ask = async (inputText: string): Promise<Asked> => {
    try {
      JSON.parse(inputText);
    } catch (error) {
      return { kind: "refused", problem: `it is not JSON (${messageOf(error)})` };
    }
    return await ports.ask(inputText);
  };

  app.get(`${PLAYGROUND}/policy.wasm`, (c) => {
    return c.body(view(c).policy.program.wasm, 200, { ...HEADERS, "content-type": "application/wasm" });
  });
  app.get(`${PLAYGROUND}/data.json`, (c) => {
    return c.body(view(c).policy.program.dataJson, 200, { ...HEADERS, "content-type": "application/json" });
  });
  app.get(`${PLAYGROUND}/rules.json`, (c) => {
    const { rules } = view(c).policy;
    return c.json(Object.fromEntries([...rules].map(([id, { file, row, title }]) => [id, { file, row, title }])));
  });
}

/** A field shows text as it is: what would hide or reorder in it is written as its code, which is the same JSON. */
function pretty(value: unknown): string {
  return escapeJson(JSON.stringify(value, undefined, 2));
}
