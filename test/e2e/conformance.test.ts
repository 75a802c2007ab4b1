// The bar for a transparent gate: the conformance suite finds through it exactly what it finds on the server itself.
import { beforeAll, describe, expect, test } from "vitest";
import { type Figures, runConformance } from "../conformance/run.ts";
import { fixturePath, startHttpFixture } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";

/** Over stdio no server can end an event stream, and the suite counts this scenario as pending: it is for HTTP only. */
const HTTP_ONLY = "server-sse-polling";

describe("the conformance suite", { timeout: 120_000 }, () => {
  let url: string;
  let direct: Map<string, Figures>;

  beforeAll(async () => {
    ({ url } = await startHttpFixture("everything-server.mjs", ["--http", "0"]));
    direct = await runConformance(url, "all");
  });

  test("gives the fixture full marks without a gate", () => {
    for (const [scenario, figures] of direct) {
      expect(figures, scenario).toMatchObject({ failed: 0, warnings: 0, complaints: [] });
    }
    expect(direct.size).toBe(32);
    expect(total(direct)).toBe(47);
  });

  describe("through the gate", () => {
    let gate: Gate;

    beforeAll(async () => {
      const stdio = { command: process.execPath, args: [fixturePath("everything-server.mjs"), "--stdio"] };
      gate = await startGate({
        servers: { http: { url, catalogue: "everything" }, stdio: { ...stdio, catalogue: "everything" } },
      });
    });

    test("finds what it finds on the HTTP server itself", async () => {
      expect(await runConformance(gate.url("http"), "all")).toEqual(direct);
    });

    test("finds, for the same server over stdio, what it finds on the HTTP server itself", async () => {
      const through = await runConformance(gate.url("stdio"), "all");
      expect(without(through, HTTP_ONLY)).toEqual(without(direct, HTTP_ONLY));
    });
  });
});

function total(figures: Map<string, Figures>): number {
  return [...figures.values()].reduce((sum, { passed }) => sum + passed, 0);
}

function without(figures: Map<string, Figures>, scenario: string): Map<string, Figures> {
  return new Map([...figures].filter(([name]) => name !== scenario));
}
