// The agents in the pictures of the console: real MCP clients that work for a while as agents might, some of them badly.
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

/** What each agent does, and how often beside the rest. */
const HABITS = {
  "release-bot": [
    [8, "filesystem", "read_text_file", () => ({ path: "notes.md" })],
    [5, "filesystem", "list_directory", () => ({ path: "." })],
    [3, "filesystem", "write_file", (n) => ({ path: `release-${n % 7}.md`, content: `# Release ${n}\n` })],
    [1, "filesystem", "read_text_file", () => ({ path: 4 })],
  ],
  "support-desk": [
    [7, "everything", "echo", (n) => ({ message: `Ticket ${n}` })],
    [4, "everything", "get-sum", (n) => ({ a: n, b: 2 })],
    [2, "everything", "get-env", () => ({})],
    [1, "filesystem", "read_text_file", () => ({ path: ".env" })],
  ],
  "night-batch": [
    [5, "sitewise", "list_assets", () => ({})],
    [4, "sitewise", "create_api_key", (n) => ({ api_key_name: `batch-${n}`, client_secret: "s3cr3t-of-the-batch" })],
    [1, "sitewise", "delete_asset", () => ({ asset_id: "3f1c2a60-9d0e-4c1b-8a44-5b7e21c0d9aa" })],
  ],
};
/** Calls for which the shipped policy asks for a person. */
const PUMP = { assetId: "3f1c2a60-9d0e-4c1b-8a44-5b7e21c0d9aa" };
const ASKING = [
  '{"mode":"stop","valve":0}',
  '{"mode":"refill","valve":40.0}',
  '{"mode":"re\u202edrain","valve":100}',
].map((stringValue) => [
  "night-batch",
  "sitewise",
  "execute_action",
  {
    action_definition_id: "7d2f8f4e-1c55-4a39-9b7e-0c1d2e3f4a5b",
    action_payload: { stringValue },
    target_resource: PUMP,
  },
]);

/** Each agent in a session of its own on each server that it uses, which it has listed. */
export async function openAgents(base, keys) {
  const clients = new Map();
  for (const [agent, habits] of Object.entries(HABITS)) {
    for (const server of new Set(habits.map(([, name]) => name))) {
      const client = new Client({ name: agent, version: "1" });
      const headers = { authorization: `Bearer ${keys.get(agent)}` };
      await client.connect(
        new StreamableHTTPClientTransport(new URL(`${base}/mcp/${server}`), { requestInit: { headers } }),
      );
      await client.listTools();
      clients.set(`${agent} ${server}`, client);
    }
  }
  const call = async (agent, server, name, args) => {
    // what the tool makes of it is of no concern here
    await clients
      .get(`${agent} ${server}`)
      .callTool({ name, arguments: args })
      .catch(() => undefined);
  };
  return { call, close: async () => void (await Promise.all([...clients.values()].map((client) => client.close()))) };
}

/** Works for so long, more and less by turns; then asks for what a person must approve, and waits for nobody. */
export async function work({ call }, forMs) {
  const random = seeded(7);
  const endMs = Date.now() + forMs;
  for (let n = 1; Date.now() < endMs; n += 1) {
    const busy = 1 + Math.sin(n / 9) * 0.7 + (n % 61 < 9 ? 1.6 : 0);
    for (const [agent, habits] of Object.entries(HABITS)) {
      if (random() * 2.4 > busy) continue;
      const [, server, tool, args] = pick(habits, random());
      void call(agent, server, tool, args(n));
    }
    await sleep(170);
  }
  for (const asking of ASKING) void call(...asking);
  for (let n = 0; n < 4; n += 1)
    await call("release-bot", "filesystem", "write_file", { path: "last.md", content: String(n) });
  await call("night-batch", "sitewise", "create_api_key", {
    api_key_name: "batch-last",
    client_secret: "s3cr3t-of-the-batch",
  });
  await sleep(1_500);
}

function pick(habits, share) {
  const total = habits.reduce((sum, [weight]) => sum + weight, 0);
  let left = share * total;
  for (const habit of habits) {
    left -= habit[0];
    if (left <= 0) return habit;
  }
  return habits[0];
}

/** The same numbers each time. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
