// The gate's own log in JSON, of a real gate whose server writes what it likes to its stderr.
import { expect, test } from "vitest";
import { connectV1 } from "./harness-clients.ts";
import { fixturePath } from "./harness-fixtures.ts";
import { startGate } from "./harness-gate.ts";
import { makeTempDir } from "./harness-process.ts";

test("each line on stderr is one JSON object, without the secrets that a server writes to its own", async () => {
  const server = `process.stderr.write("token is \\u001b[31m" + process.env.TICKETS_TOKEN + "\\n"); await import(${JSON.stringify(`file://${fixturePath("recording-stdio-server.mjs")}`)})`;
  const log = `${makeTempDir()}/recorded.jsonl`;
  const gate = await startGate({
    servers: {
      files: {
        command: process.execPath,
        args: ["--input-type=module", "-e", server, "--", "--log", log],
        env: { TICKETS_TOKEN: "of-the-tickets-server" },
        catalogue: "recorder",
        arguments: "loose",
      },
    },
    config: { gateLog: { format: "json" } },
  });
  await connectV1(gate.url("files"));
  await gate.process.printed(/token is/);
  await gate.process.stop();
  const lines = gate.process
    .stderr()
    .split("\n")
    .filter((line) => line !== "");
  const events = lines.map((line) => JSON.parse(line));
  expect(events).toContainEqual(expect.objectContaining({ level: "info", name: "regate", msg: "stopping" }));
  expect(events).toContainEqual(
    expect.objectContaining({ level: "warn", msg: expect.stringMatching(/^files: stderr: token is .*\*\*\*$/) }),
  );
  expect(gate.process.stderr()).not.toContain("of-the-tickets-server");
});
