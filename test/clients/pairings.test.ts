// Every client of docs/compatibility.md with every server there, through one gate: each cell of its tables is a session of this file.
// PAIRINGS=all plays the whole product of clients, servers, transports and revisions instead: minutes.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../e2e/harness-process.ts";
import {
  ALL,
  type Cell,
  deniedTool,
  jobFor,
  MESSAGE,
  MIXED,
  MIXES,
  type Outcome,
  PAIRS,
  play,
} from "../pairings/cells.ts";
import { MODERN } from "../pairings/job.ts";
import { CLIENTS, SERVERS, type ServerKind } from "../pairings/kinds.ts";
import { renderPage } from "../pairings/page.ts";
import { driveMcpRemote, drivers, type Stage, startStage } from "../pairings/start.ts";

const CELLS = process.env.PAIRINGS === "all" ? ALL : [...PAIRS, ...MIXED];
const REFUSED = /^Policy violation: (forbidden|get-env) on pairing is denied\. This tool is for nobody\./;

let stage: Stage;
let drive: ReturnType<typeof drivers>;
const outcomes = new Map<Cell, Outcome>();

beforeAll(async () => {
  stage = await startStage();
  drive = drivers();
  await Promise.all(
    CLIENTS.map(async (client) => {
      const own = CELLS.filter((cell) => cell.client === client);
      for (const [cell, outcome] of await play(stage, own, drive[client.key])) outcomes.set(cell, outcome);
    }),
  );
}, 900_000);

describe.each(CLIENTS)("$title", (client) => {
  test.each(CELLS.filter((cell) => cell.client === client))(
    "over $spoken with $server.title over $served, in $meeting.gets",
    (cell) => {
      expect(outcomes.get(cell)).toEqual({
        version: cell.meeting.gets,
        tools: expect.arrayContaining(["echo", deniedTool(cell.server)]),
        answer: { isError: false, text: `Echo: ${MESSAGE}` },
        refusal: { form: client.refusal, text: expect.stringMatching(REFUSED) },
      });
    },
  );
});

test.each(MIXES)("every client that can, and every server, is played over $spoken and $served", (mix) => {
  const played = MIXED.filter(({ spoken, served }) => spoken === mix.spoken && served === mix.served);
  const able = CLIENTS.filter(({ transports }) => transports.some((transport) => transport === mix.spoken));
  expect(new Set(played.map(({ client }) => client))).toEqual(new Set(able));
  expect(new Set(played.map(({ server }) => server))).toEqual(new Set(SERVERS));
});

test("docs/compatibility.md has these cells", async () => {
  await expect(renderPage()).toMatchFileSnapshot(join(ROOT, "docs/compatibility.md"));
});

describe("a pair of two eras", () => {
  const serverOf = (key: string): ServerKind => {
    const found = SERVERS.find((server) => server.key === key);
    if (found === undefined) throw new Error(`there is no server ${key}`);
    return found;
  };
  const modernOnly = serverOf(`only-${MODERN}`);
  const legacy = { offers: "2025-11-25", gets: "2025-11-25" };
  const modern = { offers: MODERN, gets: MODERN };

  test.each([
    ["sdk-v1", "http", "http"],
    ["sdk-v1", "stdio", "stdio"],
    ["mcp-1", "http", "stdio"],
    ["mcp-1", "stdio", "http"],
    ["inspector", "http", "http"],
    ["fastmcp-4", "http", "http"],
  ] as const)("is told so where %s over %s meets a modern server over %s", async (key, spoken, served) => {
    const job = jobFor(stage, { spoken, served, server: modernOnly, meeting: legacy });
    await expect(drive[key](job)).rejects.toThrow("Unsupported protocol version: 2025-11-25");
  });

  test.each([
    ["sdk-v2", "http", "http"],
    ["sdk-v2", "stdio", "stdio"],
    ["inspector", "http", "stdio"],
    ["inspector", "stdio", "http"],
  ] as const)(
    "is told so where %s over %s is bound to the modern era, and the server over %s is not",
    async (key, spoken, served) => {
      const job = jobFor(stage, { spoken, served, server: serverOf("sdk-v1"), meeting: modern });
      await expect(drive[key](job)).rejects.toThrow("did not offer pinned protocol version 2026-07-28");
    },
  );

  test.each(["http", "stdio"] as const)(
    "meets by mcp-remote, which speaks both, with a server over %s",
    async (served) => {
      const job = jobFor(stage, { spoken: "http", served, server: modernOnly, meeting: legacy });
      const seen = await driveMcpRemote("--protocol", "auto")(job);
      expect(seen).toMatchObject({ version: "2025-11-25", answer: { text: `Echo: ${MESSAGE}` } });
      expect(seen.refusal.text).toMatch(REFUSED);
    },
  );
});
