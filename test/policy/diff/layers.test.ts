// Changes outside of a server's package: defaults, guardrails, the catalogue, the library's own facts.
import { describe, expect, test } from "vitest";
import type { Files } from "../support.ts";
import { compareFiles } from "./support.ts";

const READ = { category: "Read", risk: "Low", severity: "low" };
const WRITE = { category: "Write", risk: "Medium", severity: "low" };
const WIPE = { category: "Destructive", risk: "Critical", severity: "high" };

const DEFAULTS = `package policy.defaults

rules.Read contains {"id": "read", "action": "allow"}

rules.Write contains {"id": "write", "action": "allow", "rate_limit": {"max": 10, "window": 60}}

rules.Execute contains {"id": "severe", "action": "require_approval"} if not input.severity in {"low", "medium"}

rules.Execute contains {"id": "execute", "action": "allow"}

rules.Unknown contains {"id": "unknown", "action": "deny"}

methods["*"] contains {"id": "lists", "action": "allow"} if input.method in {"tools/list", "resources/list"}
`.replace('if not input.severity in {"low", "medium"}', 'if not _mild\n\n_mild if input.severity in {"low", "medium"}');
const GUARDRAIL =
  'package policy.guardrails\n\nrules contains {"id": "no-night", "action": "deny"} if input.time.hour < 6\n';
const SERVER =
  'package policy.servers.files\n\nrules["*"] contains {"id": "all", "action": "allow"}\n\nrules.named contains {"id": "n", "action": "inherit"}\n';
const FILES: Files = {
  "policy/defaults.rego": DEFAULTS,
  "policy/guardrails.rego": GUARDRAIL,
  "policy/files.rego": SERVER,
  "catalogue/disk/data.json": JSON.stringify({ tools: { read: READ, write: WRITE } }),
};

/** What is looser or stricter; what is refused either way may be refused for another reason besides. */
async function changesOf(head: Files, base = FILES): Promise<readonly string[]> {
  const { table } = await compareFiles({ base, head });
  const rows = table.rows().filter(({ change }) => change !== "other");
  return [...new Set(rows.map(({ change, server, tool }) => `${change} ${server}/${tool}`))];
}

const replace = (file: string, from: string, to: string): Files => {
  const text = FILES[file] ?? "";
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  return { ...FILES, [file]: text.replace(from, to) };
};

describe("a default that is loosened", () => {
  test("shows for each catalogued tool of the category, and for any other tool and server", async () => {
    expect(await changesOf(replace("policy/defaults.rego", '"max": 10', '"max": 11'))).toEqual([
      "looser disk/write",
      "looser disk/(any other)",
      "looser files/named",
      "looser (any other)/(any other)",
    ]);
  });

  test("for what nobody knows", async () => {
    const head = replace("policy/defaults.rego", '"unknown", "action": "deny"', '"unknown", "action": "allow"');
    expect(await changesOf(head)).toEqual([
      "looser disk/(any other)",
      "looser files/named",
      "looser (any other)/(any other)",
    ]);
  });

  test("for a severity", async () => {
    const head = replace("policy/defaults.rego", '"medium"}', '"medium", "high"}');
    expect(await changesOf(head)).toContain("looser (any other)/(any other)");
  });

  test("for a method", async () => {
    const head = replace("policy/defaults.rego", '"resources/list"}', '"resources/list", "admin/reset"}');
    expect(await changesOf(head)).toEqual(['looser (any other)/methods["admin/reset"]']);
  });

  test("that is gone shows as what it permitted", async () => {
    const head = replace("policy/defaults.rego", 'rules.Read contains {"id": "read", "action": "allow"}', "");
    const changes = await changesOf(head);
    expect(changes).toContain("stricter disk/read");
    expect(changes).toContain('stricter (any other)/methods["resources/read"]');
  });
});

describe("a guardrail", () => {
  test("that is gone loosens every tool", async () => {
    const { "policy/guardrails.rego": _, ...head } = FILES;
    expect(await changesOf(head)).toEqual(
      expect.arrayContaining(["looser disk/read", "looser files/(any other)", "looser (any other)/(any other)"]),
    );
  });

  test("whose literal changes shows by the hour between", async () => {
    const { table } = await compareFiles({ base: FILES, head: replace("policy/guardrails.rego", "< 6", "< 7") });
    const row = table.rows().find(({ server, tool }) => server === "disk" && tool === "read");
    expect(row).toMatchObject({ change: "stricter" });
    expect(JSON.parse(row?.shown.inputs.head ?? "")).toMatchObject({
      time: { hour: 6, rfc3339: "2026-11-02T06:00:00Z" },
    });
  });

  test("that names a tool shows on a server whose rules permit any, and on any other server", async () => {
    const named = GUARDRAIL.replace("input.time.hour < 6", 'input.tool == "format_disk"');
    const head = { ...FILES, "policy/guardrails.rego": named };
    const base = { ...FILES, "policy/guardrails.rego": named.replace("format_disk", "wipe_disk") };
    expect(await changesOf(head, base)).toEqual([
      "stricter files/format_disk",
      "looser files/wipe_disk",
      "stricter (any other)/format_disk",
      "looser (any other)/wipe_disk",
    ]);
  });
});

describe("a label", () => {
  const READS = '\nrules contains {"id": "after", "action": "deny"} if input.history.labels.secrets > 5\n';
  const labelled = (labels: string, action = "allow"): string =>
    SERVER.replace('"id": "all", "action": "allow"', `"id": "all", "action": "${action}", "labels": [${labels}]`);
  const side = (server: string, guardrails = GUARDRAIL): Files => {
    return { ...FILES, "policy/files.rego": server, "policy/guardrails.rego": guardrails };
  };
  const kindsOf = async (base: Files, head: Files): Promise<readonly string[]> => {
    const { table } = await compareFiles({ base, head });
    return [...new Set(table.rows().flatMap(({ change, parts }) => parts.map(({ what }) => `${change}: ${what}`)))];
  };
  const [BEFORE, AFTER] = [labelled('"money", "secrets"'), labelled('"money"')];

  test("that is gone is missed by a rule that looks at what was done before, whichever side has it", async () => {
    const reads = GUARDRAIL + READS;
    // of a call that is denied either way it is other
    expect(await kindsOf(side(BEFORE, reads), side(AFTER, reads))).toEqual(["looser: labels", "other: labels"]);
    expect(await kindsOf(side(BEFORE), side(AFTER, reads))).toContain("looser: labels");
    expect(await kindsOf(side(BEFORE, reads), side(AFTER))).toContain("looser: labels");
  });

  test("that is gone is missed by nobody where no rule looks, or the call does not go out", async () => {
    expect(await kindsOf(side(BEFORE), side(AFTER))).toEqual(["other: labels"]);
    const reads = GUARDRAIL + READS;
    const [before, after] = [labelled('"secrets"', "deny"), labelled("", "deny")];
    expect(await kindsOf(side(before, reads), side(after, reads))).toEqual(["other: labels"]);
  });

  test("that is new is no loosening", async () => {
    const reads = GUARDRAIL + READS;
    expect(await kindsOf(side(AFTER, reads), side(BEFORE, reads))).toEqual(["other: labels"]);
  });
});

describe("the catalogue", () => {
  const catalogue = (tools: object): Files => ({ ...FILES, "catalogue/disk/data.json": JSON.stringify({ tools }) });

  test("that calls a tool less dangerous loosens it", async () => {
    const { table } = await compareFiles({ base: FILES, head: catalogue({ read: READ, write: READ }) });
    const [row, ...others] = table.rows();
    expect(others).toEqual([]);
    expect(row).toMatchObject({ change: "looser", server: "disk", tool: "write" });
    // each side sees the tool as its own catalogue does
    expect(JSON.parse(row?.shown.inputs.base ?? "")).toMatchObject({ category: "Write", risk: "Medium" });
    expect(JSON.parse(row?.shown.inputs.head ?? "")).toMatchObject({ category: "Read", risk: "Low" });
  });

  test("that calls a tool more dangerous tightens it", async () => {
    expect(await changesOf(catalogue({ read: WIPE, write: WRITE }))).toEqual(["stricter disk/read"]);
  });

  test("that has a tool more, or less", async () => {
    expect(await changesOf(catalogue({ read: READ, write: WRITE, list: READ }))).toEqual(["looser disk/list"]);
    expect(await changesOf(catalogue({ write: WRITE }))).toEqual(["stricter disk/read"]);
  });

  test("that reviewed another definition lets that one through", async () => {
    const sha = (digit: string) => ({ sha256: digit.repeat(64) });
    const base = catalogue({ read: { ...READ, ...sha("0") }, write: { ...WRITE, ...sha("1") } });
    const head = catalogue({ read: { ...READ, ...sha("0") }, write: { ...WRITE, ...sha("2") } });
    expect(await changesOf(head, base)).toEqual(["looser disk/write"]);
    // any definition, where no one is the reviewed one
    expect(await changesOf(catalogue({ read: { ...READ, ...sha("0") }, write: WRITE }), base)).toEqual([
      "looser disk/write",
    ]);
    const { table } = await compareFiles({ base, head });
    const [row] = table.rows();
    expect(JSON.parse(row?.shown.inputs.base ?? "")).toMatchObject({ definition: { changed: true } });
    expect(JSON.parse(row?.shown.inputs.head ?? "")).toMatchObject({ definition: { changed: false } });
  });

  test("that reviewed one where there was none, or one of a tool that is refused, lets nothing more through", async () => {
    const sha = { sha256: "0".repeat(64) };
    expect(await changesOf(catalogue({ read: { ...READ, ...sha }, write: WRITE }))).toEqual([]);
    const unknown = (digit: string) => catalogue({ read: READ, wipe: { ...WIPE, sha256: digit.repeat(64) } });
    const { table } = await compareFiles({ base: unknown("0"), head: unknown("1") });
    // what is refused either way is only listed again
    expect(
      table.rows().map(({ parts }) => parts.filter(({ kind }) => kind === "looser").map(({ what }) => what)),
    ).toEqual([["hidden"]]);
  });

  test("that has a dangerous tool no more leaves it to what its server says of it", async () => {
    const head = catalogue({ read: READ, write: WRITE });
    const changes = await changesOf(head, catalogue({ read: READ, write: WRITE, get_invoice: WIPE }));
    expect(changes).toContain("looser disk/get_invoice");
  });

  test("that has another server", async () => {
    const head = { ...FILES, "catalogue/new/data.json": JSON.stringify({ tools: { read: READ } }) };
    expect(await changesOf(head)).toEqual(["looser new/read"]);
  });

  test("whose texts alone change changes nothing", async () => {
    expect(await changesOf(catalogue({ read: { ...READ, rationale: "Reads." }, write: WRITE }))).toEqual([]);
  });
});
