// `regate approvals list | show ID | approve ID | deny ID`: what waits for a person, and the person's answer, through the running
// gate. Whatever came from an agent is shown so that nothing in it can hide or reorder.
import { parseArgs } from "node:util";
import { z } from "zod";
import { APPROVAL_STATES } from "../approvals/approval.ts";
import { Problem } from "../problem.ts";
import { describeOne, formatList } from "./approvals/format.ts";
import { requestSchema } from "./approvals/schema.ts";
import type { CommandIo } from "./command.ts";
import { askAsOperator } from "./operator-request.ts";
import { readWord } from "./read-word.ts";

const USAGE =
  "use: regate approvals list, show ID, approve ID [--minutes N] or deny ID --reason TEXT, with -c regate.yaml and --json";
const REMEDY = "start it with regate serve";
const PATH = "/v1/approvals";
const listSchema = z.object({ approvals: z.array(requestSchema) });

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      config: { type: "string", short: "c", default: "regate.yaml" },
      json: { type: "boolean", default: false },
      state: { type: "string" },
      minutes: { type: "string" },
      reason: { type: "string" },
    },
  });
  const [action = "list", id, ...more] = positionals;
  const { config, json, state, minutes, reason } = values;
  if (more.length > 0 || (action === "list") !== (id === undefined)) throw new Problem([USAGE]);
  const show = (value: unknown, text: string): number => {
    io.stdout(json ? `${JSON.stringify(value, undefined, 2)}\n` : text);
    return 0;
  };
  const path = `${PATH}/${encodeURIComponent(id ?? "")}`;
  const one = { config, schema: requestSchema, what: "a request for approval", remedy: REMEDY } as const;

  switch (action) {
    case "list": {
      const wanted =
        state === undefined ? "pending" : readWord("approvals list", "--state", state, [...APPROVAL_STATES, "all"]);
      const query = wanted === "all" ? "" : `?state=${wanted}`;
      const asked = { config, method: "GET", schema: listSchema, what: "its approvals", remedy: REMEDY } as const;
      const { value } = await askAsOperator({ ...asked, path: `${PATH}${query}` }, io);
      return show(value.approvals, formatList(value.approvals, wanted, Date.now()));
    }
    case "show": {
      const { value } = await askAsOperator({ ...one, method: "GET", path }, io);
      return show(value, describeOne(value, Date.now()));
    }
    case "approve": {
      const body = minutes === undefined ? {} : { minutes: readMinutes(minutes) };
      const { value } = await askAsOperator({ ...one, method: "POST", path: `${path}/approve`, body }, io);
      const whole = minutes === undefined ? "this call, once" : `${minutes} min of this tool in this session`;
      return show(value, `approved: ${value.id} (${whole})\n`);
    }
    case "deny": {
      if (reason === undefined)
        throw new Problem([`regate approvals deny: --reason TEXT is missing; the agent is told it`]);
      const { value } = await askAsOperator({ ...one, method: "POST", path: `${path}/deny`, body: { reason } }, io);
      return show(value, `denied: ${value.id}\n`);
    }
    default:
      throw new Problem([USAGE]);
  }
}

function readMinutes(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new Problem([`regate approvals approve: --minutes ${text}; it must be a whole number from 1 to 1440`]);
}
