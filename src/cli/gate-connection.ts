// A connection to the gate that `gate.json` names, on which it has proven to be that gate. Whatever is secret goes out on
// this very connection: who answers on the next one may be another process, on a port that a killed gate left.
import { Agent, type ClientRequestArgs, type IncomingMessage, request } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { z } from "zod";
import { type RunningGate, reachableUrl } from "../config/running-gate.ts";
import { isProof, makeNonce } from "../http/prove.ts";

const PROOF_MS = 5_000;
const MAX_PROOF_BYTES = 1_024;
const proofSchema = z.object({ proof: z.string() });

/** What listens where the gate did can't prove to be it; the message says what to do. */
export class StrangerError extends Error {
  override readonly name = "StrangerError";

  constructor(gate: RunningGate) {
    super(
      `what listens at ${reachableUrl(gate)} did not prove to be the gate of this configuration, and was sent no key; see what it is and end it, or choose another port (listen), then start regate serve`,
    );
  }
}

/**
 * An agent for one request, which goes out on the connection on which the gate has proven itself, or not at all.
 * @throws StrangerError where something else listens there; Error where nothing does, or `signal` is aborted
 */
export async function connectToGate(gate: RunningGate, signal: AbortSignal): Promise<Agent> {
  const agent = new OneConnection();
  try {
    if (await hasProven(gate, agent, signal)) return agent;
  } catch (error) {
    agent.destroy();
    throw error;
  }
  agent.destroy();
  throw new StrangerError(gate);
}

/** Opens one connection, and never a second in its place. */
class OneConnection extends Agent {
  #isUsed = false;

  constructor() {
    super({ keepAlive: true, maxSockets: 1 });
  }

  override createConnection(
    options: ClientRequestArgs,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    if (!this.#isUsed) {
      this.#isUsed = true;
      return super.createConnection(options);
    }
    callback?.(new Error("it closed the connection"), new Socket());
    return undefined;
  }
}

/** False where what listens there answers anything else, or nothing in time. */
async function hasProven(gate: RunningGate, agent: Agent, signal: AbortSignal): Promise<boolean> {
  const nonce = makeNonce();
  const late = AbortSignal.timeout(PROOF_MS);
  try {
    const answer = await ask(`${reachableUrl(gate)}/v1/prove?nonce=${nonce}`, agent, AbortSignal.any([signal, late]));
    return answer !== undefined && isProof(answer, gate.secret, { nonce, url: gate.url });
  } catch (error) {
    if (late.aborted && !signal.aborted) return false;
    throw error;
  }
}

/** The proof in the answer; undefined where it holds none. Rejects where there is no answer. */
async function ask(url: string, agent: Agent, signal: AbortSignal): Promise<string | undefined> {
  const outgoing = request(url, { agent, signal });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
    outgoing.end();
  });
  let text = "";
  for await (const chunk of answer.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > MAX_PROOF_BYTES) return undefined;
  }
  return readProof(text);
}

function readProof(text: string): string | undefined {
  try {
    return proofSchema.parse(JSON.parse(text)).proof;
  } catch {
    return undefined;
  }
}
