// What code scanning is given: the parts of SARIF 2.1.0 that it reads, in the form that the standard's schema has for them.
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { StepReport } from "../../src/check/finding.ts";
import { formatSarif } from "../../src/check/report-sarif.ts";

const LEVEL = z.enum(["none", "note", "warning", "error"]);
const messageSchema = z.strictObject({ text: z.string().min(1) });
const uriReference = z.string().regex(/^[\w.~%!$&'()*+,;=:@/-]+$/);
const resultSchema = z.strictObject({
  ruleId: z.string(),
  ruleIndex: z.int().min(0),
  level: LEVEL,
  message: messageSchema,
  locations: z
    .array(
      z.strictObject({
        physicalLocation: z.strictObject({
          artifactLocation: z.strictObject({ uri: uriReference }),
          region: z.strictObject({ startLine: z.int().min(1), startColumn: z.int().min(1).optional() }),
        }),
      }),
    )
    .length(1),
});
const logSchema = z.strictObject({
  $schema: z.url(),
  version: z.literal("2.1.0"),
  runs: z.tuple([
    z.strictObject({
      tool: z.strictObject({
        driver: z.strictObject({
          name: z.literal("regate"),
          semanticVersion: z.string(),
          rules: z.array(z.strictObject({ id: z.string().min(1) })),
        }),
      }),
      invocations: z.tuple([
        z.strictObject({
          executionSuccessful: z.boolean(),
          toolExecutionNotifications: z.array(
            z.strictObject({ level: LEVEL, descriptor: z.strictObject({ id: z.string() }), message: messageSchema }),
          ),
        }),
      ]),
      results: z.array(resultSchema),
    }),
  ]),
});

const REPORTS: readonly StepReport[] = [
  {
    name: "lint",
    outcome: {
      kind: "done",
      summary: "2 files",
      findings: [
        {
          level: "warning",
          rule: "style/line-length",
          what: "Line too long",
          file: "rego/a b/ü#x.rego",
          row: 3,
          column: 7,
        },
        { level: "error", rule: "regate/rule-id", what: "Give each rule an id", file: "rego/a.rego", row: 9 },
        { level: "info", rule: "audit/by-default", what: "4 tools" },
        { level: "error", rule: "regate/rule-id", what: "Give each rule an id", file: "rego/b.rego", row: 1 },
      ],
    },
  },
  { name: "test", outcome: { kind: "skipped", why: "as asked" } },
];
const UNABLE: StepReport = { name: "audit", outcome: { kind: "unable", problem: "nothing to audit with" } };

const read = (reports: readonly StepReport[], strict = false) =>
  logSchema.parse(JSON.parse(formatSarif(reports, { strict, version: "1.2.3", folder: "rego" }))).runs[0];

describe("SARIF", () => {
  test("has a result for each finding, with its place, and each rule once", () => {
    const run = read(REPORTS);
    expect(run.tool.driver.rules.map(({ id }) => id)).toEqual([
      "audit/by-default",
      "regate/rule-id",
      "style/line-length",
    ]);
    expect(
      run.results.map(({ ruleId, ruleIndex, level, locations }) => [
        ruleId,
        ruleIndex,
        level,
        locations[0]?.physicalLocation,
      ]),
    ).toEqual([
      [
        "style/line-length",
        2,
        "warning",
        { artifactLocation: { uri: "rego/a%20b/%C3%BC%23x.rego" }, region: { startLine: 3, startColumn: 7 } },
      ],
      ["regate/rule-id", 1, "error", { artifactLocation: { uri: "rego/a.rego" }, region: { startLine: 9 } }],
      ["audit/by-default", 0, "note", { artifactLocation: { uri: "rego" }, region: { startLine: 1 } }],
      ["regate/rule-id", 1, "error", { artifactLocation: { uri: "rego/b.rego" }, region: { startLine: 1 } }],
    ]);
    expect(run.invocations[0]).toEqual({ executionSuccessful: true, toolExecutionNotifications: [] });
  });

  test("takes warnings for errors where that is asked for", () => {
    expect(read(REPORTS, true).results.map(({ level }) => level)).toEqual(["error", "error", "note", "error"]);
  });

  test("says that a step could not be made", () => {
    expect(read([...REPORTS, UNABLE]).invocations[0]).toEqual({
      executionSuccessful: false,
      toolExecutionNotifications: [
        { level: "error", descriptor: { id: "audit" }, message: { text: "nothing to audit with" } },
      ],
    });
  });

  test("is whole where there is nothing to say", () => {
    expect(read([]).results).toEqual([]);
  });
});
