// Reads the report of `opa test --coverage` on standard input; names the rows that no test reaches, and fails where there are any.
import { readFileSync } from "node:fs";

const { coverage, files } = JSON.parse(readFileSync(0, "utf8"));
for (const [file, { not_covered: missed = [] }] of Object.entries(files)) {
  for (const { start, end } of missed)
    console.error(`${file}:${start.row}: no test reaches rows ${start.row} to ${end.row}`);
}
if (!(coverage >= 100)) process.exit(1);
