// The record of divergences, on real files: whole lines, bounded, without secrets.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { compareEffects } from "../../src/policy/diff/compare-outcomes.ts";
import { effectOf } from "../../src/policy/diff/effect.ts";
import type { Diverged } from "../../src/shadow/shadow.ts";
import { createShadowLog } from "../../src/shadow/shadow-log.ts";
import { makeTempDir } from "../e2e/harness-process.ts";
import { BUNDLE, CALL, decided, FACTS } from "../gate/ports.ts";

const SECRET = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

function diverged(id: string, reason = "No"): Diverged {
  const [active, shadow] = [decided(), decided({ action: "deny", reasons: [reason], rules: ["policy.s/no"] })];
  const judge = { rules: new Map(), conditions: undefined };
  const change = compareEffects(effectOf(active, judge), effectOf(shadow, judge));
  if (active.kind === "failed" || change === undefined) throw new Error("no divergence");
  const { decision, fuel } = active;
  const verdict = { id, decision, facts: FACTS, fuel, bundle: BUNDLE, kind: "forward", receipt: undefined } as const;
  const judged = { call: CALL, verdict, startedUnixMs: Date.parse("2026-11-02T12:00:00Z"), judgedNs: 1 };
  return { judged, change, active, shadow, shadowRevision: { revision: "r2", digest: "d2" } };
}

let dir: string;
let file: string;
const problems: string[] = [];

beforeEach(() => {
  dir = makeTempDir();
  file = join(dir, "shadow.jsonl");
  problems.length = 0;
});

const start = (maxBytes?: number, masksReasons = false) =>
  createShadowLog({
    masksReasons: () => masksReasons,
    file,
    maskedKeys: new Set(),
    sitesOf: (decision, side) => (decision?.rules ?? []).map((id) => ({ id, file: `${side}.rego`, row: 3 })),
    onProblem: (problem) => problems.push(problem),
    ...(maxBytes !== undefined && { maxBytes }),
  });
const linesOf = (path = file) =>
  readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("the record of divergences", () => {
  test("has no reason where the policy masks reasons", async () => {
    const log = start(undefined, true);
    log.write(diverged("id-1", "DE44 is blocked"));
    await log.close();
    expect(readFileSync(file, "utf8")).not.toContain("DE44");
    expect(linesOf()[0]).toMatchObject({ shadow: { decision: { action: "deny", reasons: "**masked**" } } });
  });

  test("has a line for each, with both decisions and where their rules stand", async () => {
    const log = start();
    log.write(diverged("id-1"));
    log.write(diverged("id-2"));
    await log.close();
    const [line, second] = linesOf();
    expect(line).toEqual({
      decision_id: "id-1",
      timestamp: "2026-11-02T12:00:00.000Z",
      server: "s",
      tool: "t",
      method: "tools/call",
      change: "stricter",
      parts: [
        { what: "action", kind: "stricter", base: "allow", head: "deny" },
        { what: "reasons", kind: "other", base: "none", head: "No" },
        { what: "rules", kind: "other", base: "policy.s/few", head: "policy.s/no" },
      ],
      active: {
        ...BUNDLE,
        outcome: "allow (few, 2 per 60 s and session)",
        rules: [{ id: "policy.s/few", file: "active.rego", row: 3 }],
        decision: expect.objectContaining({ action: "allow" }),
      },
      shadow: {
        revision: "r2",
        digest: "d2",
        outcome: "deny (no)",
        rules: [{ id: "policy.s/no", file: "shadow.rego", row: 3 }],
        decision: expect.objectContaining({ action: "deny" }),
      },
    });
    expect(second.decision_id).toBe("id-2");
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("holds no secret that a reason quotes", async () => {
    const log = start();
    log.write(diverged("id-1", `Not with ${SECRET}`));
    await log.close();
    expect(readFileSync(file, "utf8")).not.toContain(SECRET);
  });

  test("is bounded: what is full is put aside, and the one before it goes", async () => {
    const log = start(3_000);
    for (let number = 1; number <= 12; number += 1) {
      log.write(diverged(`id-${number}`));
      await log.close();
    }
    const kept = [...linesOf(`${file}.1`), ...linesOf()].map(({ decision_id }) => decision_id);
    expect(kept.at(-1)).toBe("id-12");
    expect(kept.length).toBeLessThan(12);
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => `id-${13 - kept.length + index}`));
    expect(statSync(file).size).toBeLessThanOrEqual(3_000);
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(3_000);
  });

  test("goes on behind what an earlier run wrote", async () => {
    for (const id of ["id-1", "id-2"]) {
      const log = start();
      log.write(diverged(id));
      await log.close();
    }
    expect(linesOf().map(({ decision_id }) => decision_id)).toEqual(["id-1", "id-2"]);
  });

  test("that can't be written is told once and counted, and written again when it can be", async () => {
    mkdirSync(file);
    const log = start();
    for (const id of ["id-1", "id-2"]) {
      log.write(diverged(id));
      await log.close();
    }
    expect(log.lost()).toBe(2);
    expect(problems).toEqual([expect.stringContaining(`${file}: divergences can't be written`)]);
    rmSync(file, { recursive: true });
    log.write(diverged("id-3"));
    await log.close();
    expect(log.lost()).toBe(2);
    expect(existsSync(file)).toBe(true);
    expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(1);
  });

  test("drops what comes while too much waits", async () => {
    const log = start();
    for (let number = 0; number < 1_200; number += 1) log.write(diverged(`id-${number}`));
    await log.close();
    expect(log.lost()).toBe(200 - 1);
    expect(linesOf()).toHaveLength(1_001);
  });
});
