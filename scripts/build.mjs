// Builds dist/, which is what ships: src/ and all that it imports, in a few files (docs/decisions/006-bundled.md). Packages with a
// binary of their own, those in `dependencies`, stay outside. `node scripts/build.mjs [OUTDIR]`; the same sources make the same
// bytes. It fails where something stays outside that package.json does not name.
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { packagePlugins, sourcePlugins } from "./build-plugins.mjs";
import { writeDeclarations } from "./declarations.mjs";
import { listBundled, writeThirdParty } from "./third-party.mjs";

const ROOT = resolve(import.meta.dirname, "..");
const OUT = resolve(process.argv[2] ?? join(ROOT, "dist"));
const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/**
 * The files of dist/, and the sources that each is for: a file is read when the first of them is imported, and holds all that they
 * import but for sources that have another file. What two files need is in both, so what is told apart by `instanceof`, or remembers something, has its own.
 */
const FILES = {
  main: ["main.ts"],
  problem: ["problem.ts"],
  scratch: ["scratch.ts"],
  gate: ["cli/serve.ts", "library.ts"],
  hono: ["http/judge-middleware.ts"],
  client: commands("approvals connect freeze hook keys log reload servers status stdio unwrap wrap"),
  author: commands("audit build classify decide dev diff init learn scan test why"),
  console: ["console/console.tsx"],
  registry: ["metrics/registry.ts"],
  store: ["compose-store.ts"],
  traces: ["compose-traces.ts"],
  signin: ["credentials/authorization.ts"],
};
/** Packages that a source requires at its first use, by the file that they get. */
const REQUIRED = {
  ajv: ["ajv", "ajv/dist/2020.js"],
  diff: ["diff"],
  re2: ["re2js"],
};
/** What a package does without where it is not there. */
const OPTIONAL = ["@node-rs/xxhash"];

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20.19",
  tsconfigRaw: {},
  jsx: "automatic",
  jsxImportSource: "hono/jsx",
  external: [...Object.keys(dependencies), ...OPTIONAL],
  define: { "import.meta.url": "sourceUrl" },
  inject: ["scripts/source-url.js"],
  // names stay as they are, and rows short: a stack says where
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const homes = new Map(
  Object.entries(FILES).flatMap(([file, sources]) =>
    sources.map((source) => [`src/${source}`, { file, of: sources.length > 1 ? source : undefined }]),
  ),
);
const ownFiles = Object.entries(FILES).map(([file, sources]) =>
  build({
    ...COMMON,
    ...entryOf(
      file,
      sources.map((source) => [source, `./src/${source}`]),
    ),
    plugins: [...sourcePlugins(ROOT, file, homes, REQUIRED), ...packagePlugins],
  }),
);
const requiredFiles = Object.entries(REQUIRED).map(([file, names]) =>
  build({
    ...COMMON,
    ...entryOf(
      file,
      names.map((name) => [name, name]),
    ),
    plugins: packagePlugins,
  }),
);
const built = (await Promise.all([...ownFiles, ...requiredFiles])).map(({ metafile }) => metafile);

const known = new Set([...COMMON.external, ...builtinModules]);
const strange = built
  .flatMap(({ outputs }) => Object.values(outputs).flatMap(({ imports }) => imports))
  .filter(({ external, path }) => external && !known.has(path) && !/^(?:node:|\.\/)/.test(path));
for (const { path } of strange) console.error(`dist/ imports ${path}, which package.json does not name`);
if (strange.length > 0) process.exit(1);

// what a module that imports it is given by name has to stand there by name
writeFileSync(
  join(OUT, "library.js"),
  'const { createGate } = require("./gate.js")("library.ts");\nmodule.exports = { createGate };\n',
);
writeDeclarations(ROOT, OUT, { library: "library", hono: "http/judge-middleware" });
// the package around it is one of modules
writeFileSync(join(OUT, "package.json"), '{ "type": "commonjs" }\n');
chmodSync(join(OUT, "main.js"), 0o755);
const bundled = listBundled(
  ROOT,
  built.flatMap(({ inputs }) => Object.keys(inputs)),
);
writeThirdParty(ROOT, join(OUT, "THIRD-PARTY-LICENSES.txt"), bundled);
const names = bundled.map(({ name, version, license }) => ({ name, version, license }));
writeFileSync(join(OUT, "bundled.json"), `${JSON.stringify(names, undefined, 2)}\n`);
if (process.env.META) writeFileSync(process.env.META, JSON.stringify(built));

/** One source is the file; of several it is a function that loads one by its name. */
function entryOf(file, named) {
  const [[, only], ...more] = named;
  if (more.length === 0 && only.startsWith(".")) return { entryPoints: { [file]: only }, outdir: OUT };
  const cases = named.map(([name, path]) => `case ${JSON.stringify(name)}: return require(${JSON.stringify(path)});`);
  const contents = `module.exports = (name) => { switch (name) { ${cases.join(" ")} } };`;
  return { stdin: { contents, resolveDir: ROOT, sourcefile: `${file}.js` }, outfile: join(OUT, `${file}.js`) };
}

function commands(names) {
  return names.split(" ").map((name) => `cli/${name}.ts`);
}
