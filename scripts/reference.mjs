// Writes schemas/{catalogue,decision,regate}.json and docs/reference/, from the schemas in the code, the commands' own help and the
// routes; with --check it writes nothing, and fails where one of them is not what the code says. What is said of a field is written by
// hand into schemas/, and stays there; what is said of an endpoint into scripts/reference/endpoints.mjs. It reads build/, the sources one by one.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { renderCommands } from "./reference/commands.mjs";
import { renderEndpoints } from "./reference/endpoints.mjs";
import { renderSchema } from "./reference/schema-page.mjs";
import { findUndescribed, mergeProse, SHAPES } from "./reference/schemas.mjs";

const FOLDER = "docs/reference";
const PAGES = {
  configuration: "what regate.yaml may say; [configuration.md](../configuration.md) says what it means",
  rule: "one object that a Rego rule contributes; [rules.md](../rules.md) says which speak",
  input: "what a rule sees of a call",
  decision: "what the policy answers for one call",
  catalogue:
    "what is known of a server's tools: `rego/catalogue/SERVER/data.json`; [catalogue.md](../catalogue.md) says how it comes about",
};
const SCHEMA_OF = { configuration: "regate" };

const isCheck = process.argv.includes("--check");
const stale = [];
const faults = [];

for (const [name, shape] of Object.entries(SHAPES)) {
  const file = `schemas/${name}.json`;
  const written = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const wanted = mergeProse(shape(), written);
  if (!isDeepStrictEqual(wanted, written)) take(file, `${JSON.stringify(wanted, null, 2)}\n`);
}
if (!isCheck && stale.length > 0) execFileSync("npx", ["biome", "format", "--write", ...stale], { stdio: "ignore" });

const pages = new Map();
for (const name of Object.keys(PAGES)) {
  const file = `schemas/${SCHEMA_OF[name] ?? name}.json`;
  const schema = JSON.parse(readFileSync(file, "utf8"));
  faults.push(...findUndescribed(schema).map((path) => `${file}: says nothing of ${path}; give it a description`));
  pages.set(name, renderSchema(schema, file));
}
pages.set("commands", await renderCommands());
const endpoints = renderEndpoints();
faults.push(...endpoints.faults);
pages.set("http", endpoints.page);
pages.set("README", renderIndex());

mkdirSync(FOLDER, { recursive: true });
for (const [name, text] of pages) {
  const file = `${FOLDER}/${name}.md`;
  if (!existsSync(file) || readFileSync(file, "utf8") !== text) take(file, text);
}
for (const file of readdirSync(FOLDER).filter((file) => !pages.has(file.replace(/\.md$/, "")))) {
  stale.push(`${FOLDER}/${file}`);
  if (!isCheck) rmSync(`${FOLDER}/${file}`);
}

if (isCheck) faults.push(...stale.map((file) => `${file}: is not what the code says: run make reference`));
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exit(1);

function take(file, text) {
  stale.push(file);
  if (!isCheck) writeFileSync(file, text);
}

function renderIndex() {
  const rows = Object.entries({
    ...PAGES,
    commands: "every command, with what may follow it",
    http: "what the gate answers over HTTP; [errors.md](../errors.md) has its errors",
  });
  const list = rows.map(([name, what]) => `- [${name}.md](${name}.md): ${what}\n`).join("");
  return `# Reference\n\nMade from the code by \`make reference\`; \`make test\` holds it.\n\n${list}`;
}
