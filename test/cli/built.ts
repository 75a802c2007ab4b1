// The sources as node runs them, for tests that need a real process: in a folder of their own, removed at the end.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, whenDone } from "../e2e/harness-process.ts";

/** Compiles src/ file by file, and returns the folder, which lies where imports of packages resolve. */
export function buildSources(): string {
  const out = makeOut();
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  // Types are checked by `npm run check`, once.
  execFileSync(tsc, ["-p", "tsconfig.build.json", "--noCheck", "--outDir", out], { cwd: ROOT });
  return out;
}

/** Builds what ships, and returns the folder of main.js. */
export function buildDist(): string {
  const out = makeOut();
  execFileSync(process.execPath, ["scripts/build.mjs", out], { cwd: ROOT });
  return out;
}

function makeOut(): string {
  const cache = join(ROOT, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const dir = mkdtempSync(join(cache, "regate-test-"));
  whenDone(() => rmSync(dir, { recursive: true, force: true }));
  // What ships beside dist/, where the sources look for it.
  for (const shipped of ["rego", "schemas", "bundles", "tools", ".tools"])
    symlinkSync(join(ROOT, shipped), join(dir, shipped));
  writeFileSync(join(dir, "package.json"), JSON.stringify({ type: "module", version: "0.0.0-test" }));
  return join(dir, "dist");
}
