// Writes the table of the shipped catalogue into docs/shipped-catalogue.md, between its two marks; with --check it writes nothing, and
// fails where the table is not what the catalogue says. It reads rego/catalogue only: nothing here is known of any server.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const PAGE = "docs/shipped-catalogue.md";
const BEGIN = "<!-- table: make catalogue -->";
const END = "<!-- end of table -->";
const CATEGORIES = ["Read", "Write", "Execute", "Financial", "Destructive"];

const servers = readdirSync("rego/catalogue")
  .sort()
  .map((server) => ({ server, ...JSON.parse(readFileSync(`rego/catalogue/${server}/data.json`, "utf8")) }));
const counted = servers.map(({ server, title, package: name, version, tools }) => ({
  cells: [`[${title}](../rego/policy/servers/${server}/${server}.rego)`, `\`${server}\``, `\`${name}\` ${version}`],
  counts: count(Object.values(tools)),
}));
const sums = counted.reduce((sum, { counts }) => sum.map((value, index) => value + counts[index]), count([]));
const rows = [
  ["server", "catalogue name", "package", "tools", ...CATEGORIES],
  ["---", "---", "---", ...sums.map(() => "---:")],
  ...counted.map(({ cells, counts }) => [...cells, ...counts]),
  [`${servers.length} servers`, "", "", ...sums],
];
const table = rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");

const page = readFileSync(PAGE, "utf8");
const [before, after] = [page.indexOf(BEGIN), page.indexOf(END)];
if (before < 0 || after < before) {
  console.error(`${PAGE}: has no place for the table: the lines ${BEGIN} and ${END}`);
  process.exit(2);
}
const written = `${page.slice(0, before)}${BEGIN}\n${table}${page.slice(after)}`;
if (written === page) process.exit(0);
if (process.argv.includes("--check")) {
  console.error(`${PAGE}: its table is not what rego/catalogue says: run node scripts/catalogue-table.mjs`);
  process.exit(1);
}
writeFileSync(PAGE, written);

/** How many tools there are, and how many of each category. */
function count(tools) {
  return [tools.length, ...CATEGORIES.map((category) => tools.filter((tool) => tool.category === category).length)];
}
