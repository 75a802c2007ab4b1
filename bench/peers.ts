// Other gates to measure beside, where the environment names their binaries: INTERCEPT (PolicyLayer Intercept), AGENTGATEWAY.
// Each is told to let the same tools through, Intercept by a rule with a limit that is counted at every call.
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Started, startSilent } from "./processes.ts";

/** The tools of upstream.ts. */
const TOOLS = ["echo", "limited", "guarded"];

const INTERCEPT_POLICY = `version: "1"
description: "bench"
tools:
  limited:
    rules:
      - name: "counted at every call"
        rate_limit: 1000000000/hour
  guarded:
    rules:
      - name: "counted at every call"
        rate_limit: 1000000000/hour
`;

/** The file with Intercept's policy. */
export async function writeInterceptPolicy(scratch: string): Promise<string> {
  const file = join(scratch, "intercept.yaml");
  await writeFile(file, INTERCEPT_POLICY);
  return file;
}

/** It writes an event for every call below HOME. */
export function interceptEnv(scratch: string): NodeJS.ProcessEnv {
  return { HOME: join(scratch, "intercept-home") };
}

export async function startIntercept(binary: string, scratch: string, upstream: string): Promise<Started> {
  const port = String(await freePort());
  const state = join(scratch, "intercept-state");
  const transport = ["--transport", "http", "--port", port, "--upstream", upstream];
  const args = ["-c", await writeInterceptPolicy(scratch), "--state-dir", state, ...transport, "--log-level", "error"];
  return startSilent(binary, args, `http://127.0.0.1:${port}/mcp`, interceptEnv(scratch));
}

export async function startAgentgateway(binary: string, scratch: string, upstream: string): Promise<Started> {
  const port = await freePort();
  const config = {
    binds: [
      {
        port,
        listeners: [
          {
            routes: [
              {
                backends: [{ mcp: { targets: [{ name: "up", mcp: { host: upstream } }] } }],
                policies: { mcpAuthorization: { rules: [`mcp.tool.name in ${JSON.stringify(TOOLS)}`] } },
              },
            ],
          },
        ],
      },
    ],
  };
  const file = join(scratch, "agentgateway.json");
  await writeFile(file, JSON.stringify(config));
  return startSilent(binary, ["-f", file], `http://127.0.0.1:${port}/mcp`, { RUST_LOG: "error" });
}

/** A port that nobody listens on just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address === null || typeof address === "string" ? reject() : resolve(address.port)));
    });
  });
}
