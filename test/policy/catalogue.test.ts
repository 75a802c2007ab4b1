import { describe, expect, test } from "vitest";
import { catalogueSchema, describeTool } from "../../src/policy/catalogue.ts";

const SHA = "a".repeat(64);
const catalogue = catalogueSchema.parse({
  files: {
    title: "Files",
    tools: {
      read: { category: "Read", risk: "Low", severity: "medium", sha256: SHA, rationale: "reads" },
      documented: { category: "Destructive", risk: "Critical", severity: "high", source: "documented" },
    },
  },
});
const unknown = {
  category: "Unknown",
  risk: "Unknown",
  severity: "critical",
  definition: { catalogued: false, changed: false },
};

describe("a catalogued tool", () => {
  const reviewed = { category: "Read", risk: "Low", severity: "medium" };

  test("is what was reviewed, where its definition is the same", () => {
    expect(describeTool(catalogue, "files", "read", SHA)).toEqual({
      ...reviewed,
      definition: { catalogued: true, changed: false },
    });
  });

  test("is changed where the live definition is another", () => {
    expect(describeTool(catalogue, "files", "read", "b".repeat(64))).toEqual({
      ...reviewed,
      definition: { catalogued: true, changed: true },
    });
  });

  test("is not changed where the server lists no such tool", () => {
    expect(describeTool(catalogue, "files", "read").definition).toEqual({ catalogued: true, changed: false });
  });

  test("counts as changed where the server lists the reviewed tool no more, but not where there was only documentation", () => {
    expect(describeTool(catalogue, "files", "read", null).definition).toEqual({ catalogued: true, changed: true });
    expect(describeTool(catalogue, "files", "documented", null).definition).toEqual({
      catalogued: true,
      changed: false,
    });
  });

  test("is not changed where only its documentation was reviewed", () => {
    expect(describeTool(catalogue, "files", "documented", SHA)).toEqual({
      category: "Destructive",
      risk: "Critical",
      severity: "high",
      definition: { catalogued: true, changed: false },
    });
  });
});

describe("what the catalogue does not know is Unknown, and as severe as can be", () => {
  test.each([
    ["files", "write"],
    ["other", "read"],
    ["files", "__proto__"],
    ["__proto__", "read"],
    ["files", "constructor"],
    ["constructor", "name"],
    ["files", "toString"],
  ])("%s %s", (server, tool) => {
    expect(describeTool(catalogue, server, tool, SHA)).toEqual(unknown);
  });

  test("an entry that is called __proto__ lends nothing to other tools", () => {
    const tools = JSON.parse('{"__proto__": {"category": "Read", "risk": "Low", "severity": "low"}}');
    const poisoned = catalogueSchema.parse({ files: { tools } });
    expect(describeTool(poisoned, "files", "anything")).toEqual(unknown);
    expect(describeTool(poisoned, "files", "category")).toEqual(unknown);
  });
});
