import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Classified, ListedDefinition } from "../../src/gate/types.ts";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import { catalogueSchema } from "../../src/policy/catalogue.ts";
import { createLiveClassifier } from "../../src/policy/live-classifier.ts";
import { findFacts } from "../../src/policy/tool-facts.ts";
import { loadShippedPolicy } from "./support.ts";

const definitionOf = (definition: Readonly<Record<string, unknown>>) => {
  const text = JSON.stringify(definition);
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
};
const SEND = definitionOf({
  name: "delete_user",
  description: "Deletes a user for good",
  inputSchema: { type: "object" },
});

/** A policy that counts what it is asked to classify. */
function policyOf(answer: () => Classified) {
  const asked: string[] = [];
  const revision = { revision: "r1", digest: "d1" };
  const catalogue = catalogueSchema.parse({
    files: { tools: { read: { category: "Read", risk: "Low", severity: "low", sha256: "a".repeat(64) } } },
  });
  const unasked = () => {
    throw new Error("nothing is judged here");
  };
  const classify = (text: string) => {
    asked.push(text);
    return answer();
  };
  const engine = {
    revision,
    wasm: new Uint8Array(),
    evaluate: unasked,
    classify,
    judgesAnswers: false,
    judgeAnswer: unasked,
    hasMasks: false,
    mask: unasked,
  };
  const policy: ActivePolicy = {
    current: {
      engine,
      bundle: { manifest: { revision: "r1", roots: [], wasm: [] }, packages: [], dataJson: new Uint8Array() },
      judge: unasked,
      rules: new Map(),
      conditions: undefined,
      readsHistory: false,
      answerRules: new Map(),
      catalogue,
      servers: new Set<string>(),
    },
    classify,
    reload: unasked,
  };
  return { asked, revision, describe: factsOf(policy) };
}

function factsOf(policy: ActivePolicy) {
  const classify = createLiveClassifier(policy);
  return (server: string, tool: string, definition: ListedDefinition | undefined) =>
    findFacts(policy.current.catalogue, classify, { server, tool, definition });
}

const WRITE: Classified = {
  kind: "classified",
  classification: {
    category: "Write",
    risk: "Medium",
    severity: "high",
    signals: ["credentials"],
    required: [],
    rationale: "It creates",
  },
  fuel: 1,
};

test("a tool that nobody reviewed is classified by its live definition, with the shipped classifier", async () => {
  const facts = factsOf(await loadShippedPolicy());
  expect(facts("nobody.knows", "delete_user", SEND)).toEqual({
    category: "Destructive",
    risk: "Critical",
    severity: expect.any(String),
    definition: { catalogued: false, changed: false },
    classified: true,
  });
});

describe("facts on a tool", () => {
  test("are those that were reviewed, where there are some, and nothing is classified", () => {
    const { describe: facts, asked } = policyOf(() => WRITE);
    expect(facts("files", "read", { sha256: "a".repeat(64), text: "{}" })).toEqual({
      category: "Read",
      risk: "Low",
      severity: "low",
      definition: { catalogued: true, changed: false },
    });
    expect(facts("files", "read", SEND).definition).toEqual({ catalogued: true, changed: true });
    expect(facts("files", "read", undefined).definition).toEqual({ catalogued: true, changed: true });
    expect(asked).toEqual([]);
  });

  test("are classified for another tool of a server that was reviewed too", () => {
    const { describe: facts } = policyOf(() => WRITE);
    expect(facts("files", "send", SEND)).toMatchObject({
      category: "Write",
      severity: "high",
      definition: { catalogued: false },
      classified: true,
    });
  });

  test("are classified once for each definition, whatever server lists it", () => {
    const { describe: facts, asked } = policyOf(() => WRITE);
    const other = definitionOf({ name: "other" });
    for (const server of ["one", "two"]) {
      facts(server, "delete_user", SEND);
      facts(server, "other", other);
    }
    expect(asked).toEqual([SEND.text, other.text]);
  });

  test("are classified again by another bundle", () => {
    const { describe: facts, asked, revision } = policyOf(() => WRITE);
    facts("one", "t", SEND);
    revision.digest = "d2";
    facts("one", "t", SEND);
    facts("one", "t", SEND);
    expect(asked).toHaveLength(2);
  });

  const UNKNOWN = { category: "Unknown", risk: "Unknown", severity: "critical" };

  test("are Unknown where the server lists no such tool", () => {
    const { describe: facts } = policyOf(() => WRITE);
    expect(facts("one", "t", undefined)).toEqual({
      ...UNKNOWN,
      definition: { catalogued: false, changed: false },
      unknownBecause: "the server lists no such tool",
    });
  });

  test("are Unknown where classifying fails, and it is not tried again and again", () => {
    const { describe: facts, asked } = policyOf(() => ({ kind: "failed", problem: "out of fuel", fuel: 9 }));
    for (let call = 0; call < 3; call += 1)
      expect(facts("one", "t", SEND)).toMatchObject({ ...UNKNOWN, unknownBecause: "out of fuel" });
    expect(asked).toHaveLength(1);
  });

  test("are Unknown for a definition that is too long, which is not classified", () => {
    const { describe: facts, asked } = policyOf(() => WRITE);
    const long = definitionOf({ name: "t", description: "x".repeat(65_536) });
    expect(facts("one", "t", long)).toMatchObject({
      ...UNKNOWN,
      unknownBecause: "its definition is longer than 65536 characters",
    });
    expect(asked).toEqual([]);
  });

  test("are remembered for 20,000 definitions", () => {
    const { describe: facts, asked } = policyOf(() => WRITE);
    for (let n = 0; n <= 20_000; n += 1) facts("one", "t", { sha256: String(n), text: "{}" });
    facts("one", "t", { sha256: "20000", text: "{}" });
    expect(asked).toHaveLength(20_001);
    facts("one", "t", { sha256: "0", text: "{}" });
    expect(asked).toHaveLength(20_002);
  });
});
