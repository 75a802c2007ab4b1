// Compiles a file of the tests, with what it imports, for a child process: Node 20 runs no TypeScript by itself.
import { execFileSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** @param entry path from the repository's root @param dir an empty folder @returns the path of the JavaScript file in it */
export function compile(entry: string, dir: string): string {
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      noEmit: false,
      noCheck: true,
      outDir: dir,
      rootDir: ROOT,
      allowImportingTsExtensions: false,
      typeRoots: [join(ROOT, "node_modules/@types")],
    },
    include: [],
    files: [join(ROOT, entry)],
  };
  writeFileSync(join(dir, "tsconfig.json"), JSON.stringify(config));
  writeFileSync(join(dir, "package.json"), JSON.stringify({ type: "module" }));
  symlinkSync(join(ROOT, "node_modules"), join(dir, "node_modules"));
  execFileSync(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", dir], { stdio: "inherit" });
  return join(dir, entry.replace(/\.ts$/, ".js"));
}
