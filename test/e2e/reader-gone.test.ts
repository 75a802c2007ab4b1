// A gate whose output nobody reads any more goes on serving, and stops when it is told to.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, inject, test } from "vitest";
import { stringify } from "yaml";
import { makeTempDir, ROOT, whenDone } from "./harness-process.ts";
import { openSession } from "./harness-wire.ts";

test("serves and stops though stdout and stderr were closed", async () => {
  const dir = makeTempDir();
  const servers = { nowhere: { url: "http://127.0.0.1:9/mcp", catalogue: "recorder" } };
  writeFileSync(
    join(dir, "regate.yaml"),
    stringify({ listen: "127.0.0.1:0", bundle: inject("policyBundle"), servers }),
  );
  const gate = spawn(process.execPath, [join(ROOT, "dist/main.js"), "serve"], {
    cwd: dir,
    stdio: ["ignore", "pipe", "pipe"],
  });
  whenDone(() => void gate.kill("SIGKILL"));
  const exited = once(gate, "exit");
  let base = "";
  for await (const line of createInterface({ input: gate.stdout })) {
    base = /listening on (http:\S+)/.exec(line)?.[1] ?? base;
    if (line.startsWith("Each decision is")) break;
  }
  gate.stdout.destroy();
  gate.stderr.destroy();

  // writes a line of log for each attempt, into a pipe without a reader
  for (let attempt = 0; attempt < 3; attempt++)
    await expect(openSession(`${base}/mcp/nowhere`)).rejects.toThrow(/1002/);
  expect((await fetch(`${base}/healthz`)).status).toBe(200);
  gate.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
});
