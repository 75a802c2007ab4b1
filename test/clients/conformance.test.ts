// The bar for a transparent gate: the conformance suite finds through it exactly what it finds without it. Server scenarios of every revision,
// and a few of the clients'; CONFORMANCE=all runs all of the clients' (`make docs-conformance`: minutes), and writes docs/conformance.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, test } from "vitest";
import {
  CLIENT_GAPS,
  type ClientFindings,
  type Findings,
  renderPage,
  renderServers,
  SERVER_GAPS,
  type ServerFindings,
} from "../conformance/page.ts";
import {
  type Figures,
  isClean,
  REVISIONS,
  type Revision,
  readRequirements,
  runClient,
  runServer,
  suiteVersion,
} from "../conformance/run.ts";
import { fixturePath, startHttpFixture } from "../e2e/harness-fixtures.ts";
import { startGate } from "../e2e/harness-gate.ts";
import { ROOT } from "../e2e/harness-process.ts";

const PAGE = join(ROOT, "docs/conformance.md");
const ALL = process.env.CONFORMANCE === "all";
const FIXTURES: Readonly<Record<Revision, string>> = {
  "2025-11-25": "everything-server.mjs",
  "2026-07-28": "everything-modern-server.mjs",
};
/** Played by `make conformance`: a call of each era, and a sign-in by the gate's own metadata. */
const SOME: readonly (readonly [Revision, string])[] = [
  ["2025-11-25", "tools_call"],
  ["2026-07-28", "http-custom-headers"],
  ["2026-07-28", "auth/metadata-default"],
];
/** Each starts a gate. */
const LANES = 3;

describe("the conformance suite's servers", { timeout: 120_000 }, () => {
  let findings: Findings<ServerFindings>;

  beforeAll(async () => {
    findings = { "2025-11-25": await findServers("2025-11-25"), "2026-07-28": await findServers("2026-07-28") };
  }, 240_000);

  describe.each(REVISIONS)("for %s", (revision) => {
    test("get full marks without a gate in all that the revision requires", () => {
      const { requirements, found } = findings[revision];
      for (const scenario of requirements.required) {
        expect(found.direct.get(scenario), scenario).toMatchObject({ failed: 0, warnings: 0, complaints: [] });
      }
      expect([...found.direct.keys()]).toEqual([...requirements.required, ...requirements.notScored.keys()]);
    });

    test("come out through the gate, over HTTP, as without it", () => {
      const { direct, http } = findings[revision].found;
      expect(counts(http)).toEqual(counts(direct));
    });

    test("come out through the gate, over stdio, as without it over HTTP", () => {
      const { direct, stdio } = findings[revision].found;
      expect(counts(stdio, SERVER_GAPS)).toEqual(counts(direct, SERVER_GAPS));
    });
  });

  test("have no gap over stdio that is closed", () => {
    const differing = Object.values(findings).flatMap(({ found: { direct, stdio } }) =>
      [...direct.keys()].filter((scenario) => stdio.get(scenario)?.passed !== direct.get(scenario)?.passed),
    );
    expect(differing.toSorted()).toEqual([...SERVER_GAPS.keys()].toSorted());
  });

  test.skipIf(ALL)("are counted in docs/conformance.md", () => {
    expect(readFileSync(PAGE, "utf8")).toContain(renderServers(findings));
  });

  test.runIf(ALL)("and the clients are docs/conformance.md", { timeout: 1_800_000 }, async () => {
    const clients = { "2025-11-25": await findClients("2025-11-25"), "2026-07-28": await findClients("2026-07-28") };
    const differing = Object.values(clients).flatMap(({ found }) =>
      [...found.gate].filter(([scenario, figures]) => isClean(figures) !== isClean(wanted(found.direct, scenario))),
    );
    expect(new Set(differing.map(([scenario]) => scenario))).toEqual(new Set(CLIENT_GAPS.keys()));
    await expect(renderPage(suiteVersion(), findings, clients)).toMatchFileSnapshot(PAGE);
  });
});

describe("the conformance suite's clients", { timeout: 120_000 }, () => {
  test.each(SOME)("do in %s, through the gate, what %s asks for", async (revision, scenario) => {
    const figures = await runClient(commandFor("gate"), scenario, revision);
    expect(figures).toMatchObject({ failed: 0, warnings: 0, complaints: [] });
    expect(figures.passed).toBeGreaterThan(0);
  });
});

async function findServers(revision: Revision): Promise<Findings<ServerFindings>[Revision]> {
  const fixture = FIXTURES[revision];
  const { url } = await startHttpFixture(fixture, ["--http", "0"]);
  const stdio = { command: process.execPath, args: [fixturePath(fixture), "--stdio"] };
  const gate = await startGate({
    servers: { http: { url, catalogue: "everything" }, stdio: { ...stdio, catalogue: "everything" } },
  });
  const found = {
    direct: await runServer(url, revision),
    http: await runServer(gate.url("http"), revision),
    stdio: await runServer(gate.url("stdio"), revision),
  };
  return { requirements: readRequirements(revision, "server"), found };
}

async function findClients(revision: Revision): Promise<Findings<ClientFindings>[Revision]> {
  const requirements = readRequirements(revision, "client");
  const later = [...requirements.notScored]
    .filter(([, reason]) => reason !== "extension")
    .map(([scenario]) => scenario);
  const scenarios = [...requirements.required, ...later];
  const found = { direct: new Map<string, Figures>(), gate: new Map<string, Figures>() };
  const jobs = scenarios.flatMap((scenario) => (["direct", "gate"] as const).map((way) => ({ scenario, way })));
  const lanes = Array.from({ length: LANES }, async () => {
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      found[job.way].set(job.scenario, await runClient(commandFor(job.way), job.scenario, revision));
    }
  });
  await Promise.all(lanes);
  return { requirements, found };
}

function commandFor(way: "direct" | "gate"): string {
  const client = fixturePath("conformance-client.mjs");
  const between = way === "gate" ? [join(ROOT, "test/conformance/through-gate.mjs"), inject("policyBundle")] : [];
  return [process.execPath, ...between, client].join(" ");
}

function counts(found: ReadonlyMap<string, Figures>, without: ReadonlyMap<string, string> = new Map()) {
  const kept = [...found].filter(([scenario]) => !without.has(scenario));
  return new Map(kept.map(([scenario, { passed, failed, warnings }]) => [scenario, { passed, failed, warnings }]));
}

function wanted(found: ReadonlyMap<string, Figures>, scenario: string): Figures {
  const figures = found.get(scenario);
  if (figures === undefined) throw new Error(`${scenario} was not run`);
  return figures;
}
