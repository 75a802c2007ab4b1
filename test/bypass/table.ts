// docs/bypass.md, written from the corpus.
import { type Area, COLUMNS, type Column, columnNames, count, reasonAgainst, type Way } from "./corpus.ts";

const HEAD = `# Ways around a gate

Each way in which someone got around a gate before MCP servers, or might: WAYS of them, tried TRIES times. Every one is tried against one running gate
with a server behind it that believes every reading of every byte that reaches it and writes down what it does (\`test/fixtures/gullible-server.mjs\`): zero
effects that the policy refuses. The policy allows everything but what it names, which is where a way around has the most to gain. The same bytes are sent
to that server without the gate as well, and must have their effect there, so that each row could fail. Messages and requests are sent to the [endpoint of all servers](all-servers.md) besides, in
both eras, under the tools' names there and under their own: as little comes of them.

    npx vitest run --project e2e test/e2e/bypass.test.ts

The entries are data, for other gates to use: \`test/bypass/corpus/*.yaml\`. \`send\` is one message, whose text becomes bytes in the encoding \`as\`, with
HTTP \`headers\` and a \`query\` where there are some; \`raw\` is a whole HTTP request; \`steps\` say what a program of \`test/bypass/plays/\` does. \`effect: any\`
means that not even an allowed call may come of it. Placeholders: \`<<id>>\` the request's id as JSON; \`<<meta>>\` the member \`_meta\`, with the claims of 2026-07-28
where that is spoken; \`<<call T>>\` a whole call of tool T; \`<<repeat N S>>\`; in requests \`<<path>>\` of the endpoint, \`<<headers>>\` with a key and \`<<no key>>\` without,
\`<<length T>>\`, \`<<chunk T>>\` and \`<<post T>>\` for the length of that call, one chunk with it, and a whole POST of it.

COLUMNS

What is *not* defended is said in [threat-model.md](threat-model.md#what-is-not). This page is written from the corpus by \`npx vitest run --project unit test/bypass --update\`.
`;

const MEANS: Readonly<Record<Column, string>> = {
  legacy: "client over HTTP, server over HTTP, in the era of sessions",
  modern:
    "client and server over HTTP, with each message sent under headers that name the denied tool and under such that name an allowed one",
  client: "a client of `regate stdio`, server over HTTP",
  server: "client over HTTP, server over stdio",
};

export function renderTable(corpus: readonly Area[]): string {
  const { ways, tries } = count(corpus);
  const columns = columnNames.map((column) => `- **${COLUMNS[column]}**: ${MEANS[column]}`).join("\n");
  const head = HEAD.replace("WAYS", String(ways)).replace("TRIES", String(tries)).replace("COLUMNS", columns);
  return [head, ...corpus.map(renderArea)].join("\n");
}

function renderArea({ area, ways }: Area): string {
  const reasons = new Map<string, number>();
  const rows = ways.map((way) => renderWay(way, reasons));
  const notes = [...reasons].map(([reason, number]) => `${number}. ${reason}`).join("\n");
  const titles = columnNames.map((column) => COLUMNS[column]);
  const head = [
    `## ${area}`,
    "",
    `| way | counts on | ${titles.join(" | ")} |`,
    `|---|---|${"---|".repeat(titles.length)}`,
  ];
  return `${[...head, ...rows].join("\n")}\n${notes === "" ? "" : `\n${notes}\n`}`;
}

function renderWay(way: Way, reasons: Map<string, number>): string {
  const known = way.known.map((url, index) => ` [${index + 1}](${url})`).join("");
  const cells = columnNames.map((column) => {
    const reason = reasonAgainst(way, column);
    if (reason === undefined) return "0";
    if (!reasons.has(reason)) reasons.set(reason, reasons.size + 1);
    return `- (${reasons.get(reason)})`;
  });
  return `| ${way.title} (\`${way.id}\`)${known} | ${way.tries} | ${cells.join(" | ")} |`;
}
