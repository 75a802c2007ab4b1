// What ships, of npm's own reports on all that is installed: what the build has taken into dist/ (dist/bundled.json) and what an
// installation adds. `node scripts/shipped.mjs sbom` prints CycloneDX; `audit` prints known vulnerabilities, and exits with 1 where
// one is high or critical.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const [what] = process.argv.slice(2);
const bundled = JSON.parse(readFileSync("dist/bundled.json", "utf8"));
const installed = npm("sbom", "--package-lock-only", "--omit=dev", "--sbom-format=cyclonedx");
const shipped = new Set([...bundled, ...installed.components].map(({ name, version }) => `${name}@${version}`));

if (what === "sbom") {
  const all = npm("sbom", "--package-lock-only", "--sbom-format=cyclonedx");
  const components = all.components.filter(({ name, version }) => shipped.has(`${name}@${version}`));
  const refs = new Set([all.metadata.component["bom-ref"], ...components.map((component) => component["bom-ref"])]);
  const dependencies = all.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((to) => refs.has(to)) }));
  console.log(JSON.stringify({ ...all, components, dependencies }, undefined, 2));
} else if (what === "audit") {
  const names = new Set([...shipped].map((id) => id.slice(0, id.lastIndexOf("@"))));
  const { vulnerabilities } = npm("audit", "--package-lock-only");
  const found = Object.values(vulnerabilities).filter(({ name }) => names.has(name));
  for (const { name, severity, range } of found) console.log(`${severity}: ${name} ${range}; npm audit says more`);
  console.log(`${names.size} packages ship, ${found.length} with a known vulnerability`);
  if (found.some(({ severity }) => ["high", "critical"].includes(severity))) process.exitCode = 1;
} else {
  console.error("use: node scripts/shipped.mjs sbom | audit");
  process.exitCode = 2;
}

/** What an `npm` command reports as JSON; it may exit with 1 where it found something. */
function npm(...args) {
  const { stdout, stderr } = spawnSync("npm", [...args, "--json"], { encoding: "utf8", maxBuffer: 2 ** 28 });
  try {
    const report = JSON.parse(stdout);
    if (report.error === undefined) return report;
  } catch {}
  throw new Error(`npm ${args.join(" ")} reports nothing:\n${stdout}${stderr}`);
}
