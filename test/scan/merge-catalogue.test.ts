import { describe, expect, test } from "vitest";
import type { CatalogueTool } from "../../src/policy/catalogue.ts";
import { type LiveTool, mergeCatalogue, type ToolChange } from "../../src/scan/merge-catalogue.ts";
import { JUDGED, liveTool } from "./support.ts";

const EDITED: CatalogueTool = {
  category: "Read",
  risk: "Low",
  severity: "critical",
  signals: ["mine"],
  rationale: "A person wrote this.",
  owner: "team-a",
};

function merge(
  reviewed: Readonly<Record<string, CatalogueTool>>,
  live: readonly LiveTool[],
  schemaOf: (tool: string) => unknown = (name) => live.find((tool) => tool.name === name)?.schema,
) {
  const classified: string[] = [];
  const merged = mergeCatalogue(reviewed, live, {
    schemaOf,
    classify: (text) => {
      classified.push(text);
      return JUDGED;
    },
  });
  return { ...merged, classified };
}

/** What a scan makes of a tool that nobody has reviewed. */
function scanned(tool: LiveTool): CatalogueTool {
  const entry = merge({}, [tool]).tools[tool.name];
  if (entry === undefined) throw new Error("it is added");
  return entry;
}

function changeOf(changes: readonly ToolChange[]) {
  const [change, ...others] = changes;
  if (change?.kind !== "changed" || others.length > 0) throw new Error(`one change: ${JSON.stringify(changes)}`);
  return change;
}

describe("a tool that nobody has reviewed", () => {
  test("is added as the classifier judges it, with what its definition says", () => {
    const tool = liveTool("read_file");
    const { tools, changes, classified } = merge({}, [tool]);
    expect(Object.entries(tools.read_file ?? {})).toEqual([
      ["category", "Write"],
      ["risk", "Medium"],
      ["severity", "medium"],
      ["signals", ["bulk"]],
      ["rationale", "It says so."],
      ["parameters", { path: { required: false, type: "string" } }],
      ["description", "Does read_file"],
      ["source", "listed"],
      ["sha256", tool.sha256],
    ]);
    expect(changes).toEqual([{ kind: "added", tool: "read_file", entry: tools.read_file }]);
    expect(classified).toEqual([tool.text]);
  });

  test("stands in the order of names, whatever the server's", () => {
    const { tools, changes } = merge(
      {},
      ["b", "a", "B"].map((name) => liveTool(name)),
    );
    expect(Object.keys(tools)).toEqual(["B", "a", "b"]);
    expect(changes.map(({ tool }) => tool)).toEqual(["B", "a", "b"]);
  });

  test("may be called like something that every object has", () => {
    const { tools, changes } = merge({}, [liveTool("constructor"), liveTool("toString")]);
    expect(Object.keys(tools)).toEqual(["constructor", "toString"]);
    expect(changes.map(({ kind }) => kind)).toEqual(["added", "added"]);
  });
});

describe("a tool whose definition is the reviewed one", () => {
  test("is left as it is, and is not classified again", () => {
    const tool = liveTool("a");
    const entry = scanned(tool);
    expect(merge({ a: entry }, [tool])).toEqual({ tools: { a: entry }, changes: [], classified: [] });
  });

  test("keeps what a person edited, down to fields that only they know", () => {
    const tool = liveTool("a");
    const entry = { ...scanned(tool), ...EDITED };
    expect(merge({ a: entry }, [tool])).toEqual({ tools: { a: entry }, changes: [], classified: [] });
  });

  test("gets the risk that comes with the category that a person wrote", () => {
    const tool = liveTool("a");
    const { tools, changes } = merge({ a: { ...scanned(tool), category: "Destructive" } }, [tool]);
    expect(tools.a).toMatchObject({ category: "Destructive", risk: "Critical", severity: "medium" });
    expect(changeOf(changes).differences).toEqual([]);
  });

  test("is completed where a person wrote the category only", () => {
    const tool = liveTool("a");
    const { signals: _, rationale: __, ...bare } = { ...scanned(tool), severity: "high" as const };
    const { tools, changes } = merge({ a: bare }, [tool]);
    expect(tools.a).toMatchObject({ category: "Write", severity: "high", signals: ["bulk"], rationale: "It says so." });
    expect(changeOf(changes)).toMatchObject({ differences: [], live: undefined });
  });

  test("is the same with its parameters in another order", () => {
    const two = (first: string, second: string) =>
      liveTool("a", {
        inputSchema: { type: "object", properties: { [first]: { type: "string" }, [second]: { type: "string" } } },
      });
    const entry = scanned(two("x", "y"));
    const { tools, changes } = merge({ a: entry }, [two("y", "x")]);
    expect(changes).toEqual([]);
    expect(Object.keys(tools.a?.parameters ?? {})).toEqual(["x", "y"]);
  });

  test("differs where somebody edited its description, parameters or schema in the repository", () => {
    const tool = liveTool("a");
    const entry = { ...scanned(tool), description: "Does a, edited", parameters: {} };
    const { tools, changes } = merge({ a: entry }, [tool], () => ({
      type: "object",
      properties: { pth: { type: "string" } },
    }));
    expect(tools.a).toEqual(scanned(tool));
    expect(changeOf(changes)).toMatchObject({
      differences: [
        { kind: "description", before: "Does a, edited", after: "Does a" },
        { kind: "json", path: "parameters.path", before: undefined, after: { required: false, type: "string" } },
        { kind: "json", path: "$.properties.pth", before: { type: "string" }, after: undefined },
        { kind: "json", path: "$.properties.path", before: undefined, after: { type: "string" } },
      ],
      live: undefined,
    });
  });

  test("differs where there is no schema for it yet", () => {
    const tool = liveTool("a");
    const { changes } = merge({ a: scanned(tool) }, [tool], () => undefined);
    expect(changeOf(changes).differences).toEqual([{ kind: "no_schema" }]);
  });
});

describe("a tool whose definition is another now", () => {
  const before = liveTool("a");
  const after = liveTool("a", {
    description: "Does b",
    inputSchema: { type: "object", required: ["path"], properties: { path: { type: "number" } } },
  });

  test("keeps its judgement and takes the definition, and the classifier says what it makes of that", () => {
    const reviewed = { ...scanned(before), ...EDITED };
    const { tools, changes } = merge({ a: reviewed }, [after], () => before.schema);
    expect(tools.a).toEqual({
      ...reviewed,
      description: "Does b",
      parameters: { path: { required: true, type: "number" } },
      sha256: after.sha256,
    });
    const change = changeOf(changes);
    expect(change.live).toEqual(JUDGED);
    expect(change.differences.map((one) => (one.kind === "json" ? one.path : one.kind))).toEqual([
      "description",
      "parameters.path.required",
      "parameters.path.type",
      "$.properties.path.type",
      "$.required",
    ]);
  });

  test("says so where nothing differs that the catalogue keeps", () => {
    const annotated = liveTool("a", { annotations: { readOnlyHint: true } });
    const { tools, changes } = merge({ a: scanned(before) }, [annotated]);
    expect(tools.a?.sha256).toBe(annotated.sha256);
    expect(changeOf(changes).differences).toEqual([{ kind: "elsewhere" }]);
  });
});

describe("a tool that is not listed", () => {
  test("is dropped where it was listed once", () => {
    const entry = scanned(liveTool("a"));
    expect(merge({ a: entry }, [liveTool("b")])).toMatchObject({
      changes: [
        { kind: "removed", tool: "a", entry },
        { kind: "added", tool: "b" },
      ],
    });
    expect(Object.keys(merge({ a: entry }, [liveTool("b")]).tools)).toEqual(["b"]);
    const { source: _, ...byHand } = entry;
    expect(merge({ a: byHand }, [liveTool("b")]).changes[0]).toMatchObject({ kind: "removed", tool: "a" });
  });

  test("stays where it is known from documentation", () => {
    const documented: CatalogueTool = { ...EDITED, source: "documented" };
    const { tools, changes } = merge({ a: documented }, [liveTool("b")]);
    expect(tools.a).toEqual(documented);
    expect(changes.map(({ tool }) => tool)).toEqual(["b"]);
  });

  test("becomes a listed one, with the judgement it had, once the server lists it", () => {
    const tool = liveTool("a");
    const documented: CatalogueTool = { ...EDITED, source: "documented", description: "Does a" };
    const { tools, changes } = merge({ a: documented }, [tool]);
    expect(tools.a).toEqual({ ...scanned(tool), ...EDITED });
    expect(changeOf(changes)).toMatchObject({
      differences: [{ kind: "listed" }, { kind: "json", path: "parameters.path" }],
      live: JUDGED,
    });
  });
});
