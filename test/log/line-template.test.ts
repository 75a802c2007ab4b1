// A line that is made of a template is the very line that is made of its parts, whatever calls come in whatever order.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Decision, ToolFacts } from "../../src/gate/types.ts";
import { writeByTemplate } from "../../src/log/line-template.ts";
import { type DecisionEvent, toLogLine, writeFromParts } from "../../src/log/log-line.ts";
import { bench, CALL, decided } from "../gate/ports.ts";
import { BUNDLE, DECISION, makeEvent } from "./events.ts";

const context = { labels: { id: "instance", version: "0.1.0" }, maskedKeys: new Set(["iban"]) };
const TOKEN = `ghp_${"a".repeat(36)}`;
const DEFINITIONS = [
  Object.freeze({ catalogued: true, changed: false }),
  Object.freeze({ catalogued: true, changed: true }),
] as const;
const DECISIONS: readonly Decision[] = [
  DECISION,
  { ...DECISION, rules: ["policy.servers.a/b"], reasons: ["because"] },
  { ...DECISION, redact: ["/path"] },
  { ...DECISION, reasons: [`a secret: ${TOKEN}`] },
];
const SITES = DECISIONS.map(({ rules }) => rules.map((id) => ({ id, file: "policy/a.rego", row: 3 })));
const BUNDLES = [BUNDLE, { revision: "other", digest: "1".repeat(64) }] as const;
const TIMES = [1, 2].map((unix) => Object.freeze({ unix, hour: 8 }));
const PLACES = ["eu", "us"].map((key) => Object.freeze({ key, id: key.repeat(32) }));
const PRINCIPALS = ["ann", "bob"].map((id) => Object.freeze({ id, groups: [], claims: {} }));

const text = fc.oneof(fc.constantFrom("plain", "", TOKEN, 'q"\\\n\u2028\ud800', "x".repeat(5_000)), fc.string());
const args = fc.dictionary(
  fc.constantFrom("path", "password", "iban", "n", "__proto__"),
  fc.oneof(text, fc.jsonValue()),
  {
    maxKeys: 3,
  },
);

const event = fc
  .record({
    which: fc.nat({ max: DECISIONS.length - 1 }),
    server: fc.constantFrom("files", "other"),
    place: fc.option(fc.constantFrom(...PLACES), { nil: undefined }),
    tool: fc.constantFrom("read", TOKEN, "mark"),
    session: text,
    principal: fc.constantFrom(...PRINCIPALS),
    args: fc.option(args, { nil: undefined }),
    severity: fc.constantFrom<ToolFacts["severity"]>("low", "high"),
    definition: fc.constantFrom(...DEFINITIONS),
    classified: fc.option(fc.constant(true), { nil: undefined }),
    sha256: fc.option(fc.constantFrom("a".repeat(64), "b".repeat(64)), { nil: undefined }),
    bundle: fc.constantFrom(...BUNDLES),
    time: fc.constantFrom(...TIMES),
    judgedNs: fc.double({ min: 0, max: 1e12, noNaN: true }),
    fuel: fc.nat(),
    budget: fc.option(fc.nat(), { nil: undefined }),
    left: fc.option(fc.double({ min: 0, max: 9, noNaN: true }), { nil: undefined }),
    startedUnixMs: fc.integer({ min: 0, max: 4e12 }),
    observed: fc.option(fc.constant(true), { nil: undefined }),
    continued: fc.option(fc.constant(true), { nil: undefined }),
    extra: fc.option(fc.constant("more than is known"), { nil: undefined }),
  })
  .map((made): DecisionEvent => {
    const base = makeEvent({});
    const { which, server, place, tool, session, principal, sha256, observed, continued, extra } = made;
    const facts: ToolFacts = {
      category: "Read",
      risk: "Low",
      severity: made.severity,
      definition: made.definition,
      ...(made.classified && { classified: true }),
    };
    const decision = DECISIONS[which] ?? DECISION;
    return {
      call: {
        server,
        direction: "to_server",
        method: "tools/call",
        tool,
        session,
        principal,
        ...(place !== undefined && { place }),
        ...(made.args !== undefined && { args: { text: JSON.stringify(made.args), value: made.args } }),
        ...(sha256 !== undefined && { definition: { sha256, text: "{}" } }),
        ...(observed && { observed }),
        ...(continued && { continued }),
      },
      verdict: {
        ...{ id: base.verdict.id, decision, facts, fuel: made.fuel, bundle: made.bundle },
        ...{ kind: "forward", receipt: undefined, budget: made.budget },
        ...(made.left !== undefined && {
          buckets: [{ rule: "a/b", max: 10, before: made.left + 1, after: made.left }],
        }),
        ...(extra !== undefined && { extra }),
      },
      startedUnixMs: made.startedUnixMs,
      judgedNs: made.judgedNs,
      rules: SITES[which] ?? [],
      time: made.time,
    };
  });

describe("the line of a call that goes out", () => {
  test("is the one that is made of its parts", () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 12 }), (events) => {
        for (const one of [...events, ...events]) expect(toLogLine(one, context)).toBe(writeFromParts(one, context));
      }),
      { numRuns: 500 },
    );
  });

  test("is written from its parts once, where calls are alike", () => {
    let written = 0;
    const write: typeof writeFromParts = (...given) => {
      written += 1;
      return writeFromParts(...given);
    };
    const one = makeEvent({ args: { path: "/a" } });
    const alike = { ...one, verdict: { ...one.verdict, budget: 9 }, time: Object.freeze({ unix: 1 }) };
    for (const session of ["s-1", "s-2", "s-3"]) {
      expect(writeByTemplate({ ...alike, call: { ...alike.call, session } }, context, write)).toContain(session);
    }
    expect(written).toBe(1);
  });

  test("is not taken from a call to another server of the same name", () => {
    const { call, ...rest } = { ...makeEvent({}), time: Object.freeze({ unix: 1 }) };
    const verdict = { ...rest.verdict, budget: 9 };
    for (const place of [...PLACES, ...PLACES]) {
      const line = writeByTemplate({ ...rest, verdict, call: { ...call, place } }, context, writeFromParts);
      expect(line).toContain(`"server_key":"${place.key}"`);
    }
  });

  test("is made of a template where the gate lets it through, whatever else the gate comes to know of a call", async () => {
    const { gate, recorded } = bench({ evaluate: () => ({ ...decided(), deciding: ["policy.s/few"], budget: 9 }) });
    await gate.judge(CALL);
    const event = { rules: [], time: Object.freeze({ unix: 1 }), mask: undefined };
    expect(recorded).toHaveLength(1);
    for (const judged of recorded)
      expect(writeByTemplate({ ...judged, ...event }, context, writeFromParts)).toContain(judged.verdict.id);
  });

  test("is read as one with another context too", () => {
    const one = { ...makeEvent({ args: { account: "DE1" } }), time: Object.freeze({ unix: 1 }) };
    const stricter = { ...context, maskedKeys: new Set(["account"]) };
    for (const other of [context, stricter, context]) expect(toLogLine(one, other)).toBe(writeFromParts(one, other));
    expect(toLogLine(one, stricter)).not.toContain("DE1");
  });
});
