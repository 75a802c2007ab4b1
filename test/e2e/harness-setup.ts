// Once before the end-to-end tests: builds dist/, and the bundle of the fixtures' policy with the gate's own command.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** Path of the bundle made from test/fixtures/policy. */
    policyBundle: string;
  }
}

const ROOT = resolve(import.meta.dirname, "../..");

export default function setup(project: TestProject): () => void {
  const dir = mkdtempSync(join(tmpdir(), "regate-e2e-bundle-"));
  const bundle = join(dir, "fixtures.tar.gz");
  execFileSync("npm", ["run", "--silent", "build"], { cwd: ROOT, stdio: "inherit" });
  execFileSync(process.execPath, ["dist/main.js", "build", "test/fixtures/policy", "-o", bundle], {
    cwd: ROOT,
    stdio: "inherit",
  });
  project.provide("policyBundle", bundle);
  return () => rmSync(dir, { recursive: true, force: true });
}
