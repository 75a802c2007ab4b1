// Ctrl-C: a command ends at once, with the code that a shell knows it by, and leaves nothing behind that it made on the way.
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeTempDir, run, waitFor } from "../e2e/harness-process.ts";
import { buildSources } from "./built.ts";

const main = join(buildSources(), "main.js");
const POLICY = 'package policy.servers.files\n\nrules.read contains {"id": "reads", "action": "allow"}\n';

/** A command in a folder with a policy, whose OPA says its version and then takes for ever. */
function start(...args: readonly string[]) {
  const cwd = makeTempDir();
  const scratch = join(cwd, "scratch");
  const opa = join(cwd, "opa");
  mkdirSync(scratch);
  mkdirSync(join(cwd, "rego/policy"), { recursive: true });
  writeFileSync(join(cwd, "rego/policy/files.rego"), POLICY);
  writeFileSync(join(cwd, "regate.yaml"), "servers: {}\n");
  writeFileSync(opa, '#!/bin/sh\n[ "$1" = version ] && echo "Version: 1.22.2" && exit\nexec sleep 600\n');
  chmodSync(opa, 0o755);
  const running = run(process.execPath, [main, ...args], { cwd, env: { TMPDIR: scratch, OPA: opa } });
  return { cwd, scratch, running };
}

test.each([
  ["SIGINT", 130, ["build"]],
  ["SIGINT", 130, ["test"]],
  ["SIGTERM", 143, ["audit"]],
  ["SIGINT", 130, ["dev"]],
] as const)(
  "%s ends it with %i, without a word, and takes its scratch folder away: regate %s",
  async (signal, code, args) => {
    const { cwd, scratch, running } = start(...args);
    await waitFor("its scratch folder", () => readdirSync(scratch).length > 0);
    expect(await running.stop(signal)).toEqual({ code, signal: null });
    expect({ stdout: running.stdout(), stderr: running.stderr() }).toEqual({ stdout: "", stderr: "" });
    expect(readdirSync(scratch)).toEqual([]);
    expect(readdirSync(cwd).toSorted()).toEqual(["opa", "regate.yaml", "rego", "scratch"]);
  },
);
