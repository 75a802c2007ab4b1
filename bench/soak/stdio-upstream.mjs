// The stdio server of a soak: `stdio-upstream.mjs EFFECTS`. A call says itself how it is to go wrong.
import { createInterface } from "node:readline";
import { answerTo, openEffects, readCall, resultOf } from "./upstream-behaviour.mjs";

const HANG_MS = 4_000;
const effect = openEffects(process.argv[2] ?? "");

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const message = JSON.parse(line);
    if (message.id === undefined || message.method === undefined) return;
    if (message.method === "tools/call") carryOut(message);
    else send(message.id, { result: resultOf(message) });
  })
  .on("close", () => process.exit(0));
process.stdout.on("error", () => process.exit(0));

function carryOut(message) {
  const call = readCall(message);
  const answer = () => send(message.id, { result: answerTo(message) });
  if (call.fault === "before") process.exit(1);
  if (call.fault === "slow") {
    setTimeout(() => {
      effect(call);
      answer();
    }, call.ms);
    return;
  }
  effect(call);
  switch (call.fault) {
    case "after":
      return process.exit(1);
    case "middle":
      process.stdout.write('{"jsonrpc":"2.0",', () => process.exit(1));
      return;
    case "hang":
      setTimeout(answer, HANG_MS);
      return;
    case "status":
      return send(message.id, { error: { code: -32603, message: "the server failed" } });
    case "garbage":
      process.stdout.write("this is not JSON\n");
      return answer();
    case "wrong-id":
      send("nobody-asked", { result: answerTo(message) });
      return answer();
    default:
      return answer();
  }
}

function send(id, what) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, ...what })}\n`);
}
