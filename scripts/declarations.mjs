// The types of what the package exports, and of all that those name: nothing else of the sources' types ships.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

/** Packages that a type may name: who imports that entry has them. */
const PACKAGES = { "http/judge-middleware": ["hono"] };

/**
 * @param root the checkout
 * @param out where dist/ is
 * @param entries the sources, without their ending, by the name that they have in dist/
 */
export function writeDeclarations(root, out, entries) {
  const made = mkdtempSync(join(tmpdir(), "regate-types-"));
  try {
    const args = ["-p", join(root, "tsconfig.build.json"), "--noCheck", "--declaration", "--emitDeclarationOnly"];
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), ...args, "--outDir", made]);
    for (const [name, source] of Object.entries(entries)) {
      writeFileSync(join(out, `${name}.d.ts`), `export * from "./types/${source}.js";\n`);
      copyReached(made, join(out, "types"), `${source}.d.ts`, PACKAGES[source] ?? []);
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

function copyReached(from, to, file, packages, seen = new Set()) {
  if (seen.has(file)) return;
  seen.add(file);
  const text = readFileSync(join(from, file), "utf8").replace(/("\.[^"]*)\.tsx?"/g, '$1.js"');
  for (const [, named] of text.matchAll(/(?:from |import\()"([^"]+)"/g)) {
    if (named.startsWith(".")) {
      const next = relative(from, join(from, dirname(file), named)).replace(/\.js$/, ".d.ts");
      copyReached(from, to, next, packages, seen);
    } else if (!packages.includes(named)) {
      throw new Error(`${file}: its types name ${named}, which is not installed with the package`);
    }
  }
  mkdirSync(dirname(join(to, file)), { recursive: true });
  writeFileSync(join(to, file), text);
}
