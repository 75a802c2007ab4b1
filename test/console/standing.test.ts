// Sessions with their buckets, the bundle, and the playground's page, over real HTTP.
import { beforeAll, describe, expect, test } from "vitest";
import type { Charge } from "../../src/gate/types.ts";
import { bucketKey } from "../../src/limits/bucket-key.ts";
import { type ActivePolicy, loadActivePolicy } from "../../src/policy/active-policy.ts";
import { listPackages, readPackageNote } from "../../src/policy/bundle-packages.ts";
import type { ShadowStatus } from "../../src/status/status-schema.ts";
import { judgedOf, lineOf } from "./activity-support.ts";
import { loadPolicyOf, loadShipped, OPERATOR_KEY, QUIET, readPage, startConsole } from "./support.ts";

let policy: ActivePolicy;
beforeAll(async () => {
  policy = await loadShipped();
});

function chargeOf(
  rule: string,
  per: "session" | "principal" | "everyone",
  cost: number,
  session = "session-1",
): Charge {
  const limit = { rule, max: 10, window: 60, per, over: "tool", cost } as const;
  const call = { server: "s", tool: "t", method: "tools/call", category: "Write", session, principal: "ann" } as const;
  return { key: bucketKey(limit, call), limit };
}

describe("the sessions", () => {
  test("are none before anything was called", async () => {
    const { get } = await startConsole(policy);
    expect(readPage(await get("/console/sessions"))).toContain(
      "No session has called anything since the gate started.",
    );
  });

  test("each have their own buckets, the emptiest first; shared ones stand apart", async () => {
    const { get, activity, limiter } = await startConsole(policy);
    activity.count(judgedOf());
    activity.count(judgedOf({ call: { session: "session-2" }, outcome: { kind: "denied", reasons: [] } }));
    limiter.take([chargeOf("policy.s/some", "session", 2), chargeOf("policy.s/most", "session", 9)], "ann");
    limiter.take([chargeOf("policy.s/other-session", "session", 1, "session-3")], "ann");
    limiter.take([chargeOf("policy.s/of-ann", "principal", 4), chargeOf("policy.s/of-all", "everyone", 5)], "ann");
    const { text } = await get("/console/sessions");
    const [sessions = "", shared = ""] = text.split("Buckets that sessions share");
    const rows = sessions.split("<tr>").slice(2).map(readPage);
    expect(rows[0]).toMatch(/session-2s.*ann.*1 refused.*all full/);
    expect(rows[1]).toMatch(
      /session-1.*none refused.*most t1 of 10 left, full in 54 s.*some t8 of 10 left, full in 12 s/,
    );
    expect(sessions).not.toContain("other-session");
    expect(readPage(shared)).toMatch(/of-all everyone: t on s5 of 10 left.*of-ann ann: t on s6 of 10 left/);
  });

  test("come in pages, and a name that is HTML is text", async () => {
    const { get, activity } = await startConsole(policy);
    for (let n = 0; n < 60; n++) activity.count(judgedOf({ call: { session: `<b>${n}`, server: "<i>" } }));
    const [first, second] = [await get("/console/sessions"), await get("/console/sessions?page=2")];
    expect(readPage(first)).toContain("<b>59");
    expect(readPage(second)).toContain("<b>0");
    expect(first.text).not.toMatch(/<i>|<b>\d/);
  });
});

describe("the bundle", () => {
  test("is shown with its manifest, entrypoints, packages and rules", async () => {
    const { get } = await startConsole(policy, {}, {}, { policy: { ...QUIET.policy, revision: "1234abcd" } });
    const answer = await get("/console/bundle");
    const page = readPage(answer);
    for (const text of [
      "1234abcd",
      policy.current.engine.revision.digest,
      "regate/decision DecisionWhat the policy answers for one call.",
      "regate/classify",
      "Gitpolicy.servers.git · policy/servers/git/git.regoAgents read, stage and commit on branches of their own.",
      "Staging follows the defaults for git_add",
      "staging-by-default, row ",
      "The decision on one call",
      "No other bundle judges beside this one.",
    ])
      expect(page).toContain(text);
    expect(page.indexOf("The library that came with it")).toBeGreaterThan(page.indexOf("Git"));
    expect(page).not.toContain("U+000A");
  });

  test("shows where a shadow decides otherwise", async () => {
    const row: ShadowStatus["top"][number] = {
      server: "files",
      tool: "<b>write",
      change: "looser",
      what: ["limits"],
      active: "deny",
      shadow: "allow",
      calls: 12,
      decision_id: "3341e322-36a8-4bc4-b299-1bb945341c4d",
    };
    const shadow = {
      file: "next.tar.gz",
      policy: { ...QUIET.policy, revision: "next1" },
      problem: "next.tar.gz: no manifest",
      judged: 100,
      dropped: 3,
      divergences: { looser: 12, stricter: 0, other: 0 },
      top: [row],
      log: "/shadow.jsonl",
      lost: 0,
    };
    const { get } = await startConsole(policy, {}, {}, { shadow });
    const answer = await get("/console/bundle");
    expect(readPage(answer)).toMatch(
      /next1.*100 calls beside the active one.*too slow for 3.*12 looser.*<b>writefiles.*looser.*deny.*allow.*12.*3341e322/,
    );
    expect(readPage(answer)).toContain("can't be taken: next.tar.gz: no manifest");
    expect(answer.text).not.toContain("<b>write");
    const agreed = await startConsole(policy, {}, {}, { shadow: { ...shadow, problem: undefined, top: [] } });
    expect(readPage(await agreed.get("/console/bundle"))).toContain("The two have agreed on every call.");
  });

  test("whose packages say nothing, or nonsense, is shown all the same", async () => {
    const plain = await loadPolicyOf({
      "policy/servers/files/files.rego":
        'package policy.servers.files\n\nrules.read contains {"id": "r", "action": "allow"}\n',
    });
    const { get } = await startConsole(plain);
    expect(readPage(await get("/console/bundle"))).toContain(
      "policy.servers.filespolicy.servers.files · policy/servers/files/files.rego",
    );
  });
});

describe("what packages say of themselves", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);

  test("is the METADATA right before the package, wherever the source lies in the bundle", () => {
    const source =
      '# A head\n\n# METADATA\n# title: "A: b"\n# description: |\n#   Two\n#   lines\n# scope: package\npackage policy.servers["a.b"] # why\n';
    expect(
      listPackages(
        new Map([
          ["/own/policy/a.rego", bytes(source)],
          ["data.json", bytes("{}")],
        ]),
      ),
    ).toEqual([
      {
        file: "policy/a.rego",
        path: 'policy.servers["a.b"]',
        metadata: 'title: "A: b"\ndescription: |\n  Two\n  lines\nscope: package',
      },
    ]);
  });

  test.each([
    ["package a\n", undefined],
    ["# METADATA\n# title: x\n\npackage a\n", undefined],
    ["# plain\npackage a\n", undefined],
    ["x := 1\n", "none"],
  ])("is nothing for %j", (source, expected) => {
    const [found] = listPackages(new Map([["a.rego", bytes(source)]]));
    expect(found === undefined ? "none" : found.metadata).toBe(expected);
  });

  test("is read as far as it is readable", () => {
    expect(readPackageNote("title: A\ndescription: B\nother: [1]")).toEqual({ title: "A", description: "B" });
    expect(readPackageNote("title: [1]\ndescription: B")).toEqual({ description: "B" });
    for (const metadata of [undefined, "", "- a", "a: [", "a: &x [*x]", "a: *nope"])
      expect(readPackageNote(metadata)).toEqual({});
  });
});

describe("the playground's page", () => {
  const fieldOf = (text: string) => /<textarea[^>]*>([\s\S]*?)<\/textarea>/.exec(text)?.[1] ?? "";

  test("begins with the call of a decision, of a tool, or the last one", async () => {
    const { get, lines } = await startConsole(policy);
    expect(fieldOf((await get("/console/playground")).text)).toContain("&quot;server&quot;");
    lines.push([
      lineOf({ id: "d1", call: { tool: "</textarea><script>", args: { text: "", value: { password: "hunter2" } } } }),
    ]);
    for (const path of ["/console/playground", "/console/playground?decision=d1"]) {
      const { text } = await get(path);
      expect(fieldOf(text)).toContain("&lt;/textarea&gt;&lt;script&gt;");
      expect(text).toContain("The log has masked some of this input");
      expect(text).not.toContain("hunter2");
    }
    expect(fieldOf((await get("/console/playground?server=filesystem&tool=write_file")).text)).toContain(
      "&quot;category&quot;: &quot;Destructive&quot;",
    );
    expect((await get("/console/playground?decision=nope")).status).toBe(404);
  });

  test("shows what would hide or reorder in a field as its code, in the same JSON", async () => {
    const { get, lines } = await startConsole(policy);
    const value = { path: "invoice\u202etxt.exe", text: "a\u200bb" };
    lines.push([lineOf({ id: "d1", call: { args: { text: "", value } } })]);
    const field = fieldOf((await get("/console/playground?decision=d1")).text).replaceAll("&quot;", '"');
    expect(field).toContain(String.raw`invoice\u202etxt.exe`);
    expect(field).not.toMatch(/[^\n\x20-\x7e]/);
    expect(JSON.parse(field).args).toEqual(value);
  });

  test("keeps the first line feed of an input", async () => {
    const { get } = await startConsole(policy);
    // the parser of a browser drops one line feed right after the tag
    expect(fieldOf((await get("/console/playground")).text)).toMatch(/^\n\{\n/);
  });

  test("shows the gate's decision, or why there is none, with the input as it was sent", async () => {
    const { get, post, signIn } = await startConsole(policy);
    const cookie = await signIn();
    const csrf = /name="csrf" value="([^"]+)"/.exec((await get("/console/playground", { cookie })).text)?.[1] ?? "";
    const ask = (input: string) => post("/console/playground", { csrf, input }, { cookie });
    const decided = await ask('{"server": "everything",\r\n "tool": "get-env", "category": "Read"}');
    expect(readPage(decided)).toContain("DeniedEnvironment variables hold credentials");
    expect(fieldOf(decided.text)).toContain("{&quot;server&quot;: &quot;everything&quot;,\n &quot;tool&quot;");
    expect(decided.headers["content-security-policy"]).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(readPage(await ask("{"))).toContain("It takes no such input: it is not JSON");
    expect((await post("/console/playground", { csrf: "x", input: "{}" }, { cookie })).status).toBe(403);
    expect((await post("/console/playground", { csrf, input: "x".repeat(10 * 2 ** 20) }, { cookie })).status).toBe(413);
  });

  test("has the metered program, the data and where rules stand, for the operator only", async () => {
    const { get } = await startConsole(policy);
    const authorization = `Bearer ${OPERATOR_KEY}`;
    for (const [name, type] of [
      ["policy.wasm", "application/wasm"],
      ["data.json", "application/json"],
      ["rules.json", "application/json"],
    ] as const) {
      const answer = await get(`/console/playground/${name}`, { authorization });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({
        "content-type": expect.stringContaining(type),
        "cache-control": "no-store",
      });
      expect((await get(`/console/playground/${name}`, {})).status).toBe(303);
    }
    expect(
      JSON.parse((await get("/console/playground/rules.json")).text)["policy.servers.everything/no-environment"],
    ).toMatchObject({ row: expect.any(Number), title: "No environment" });
  });
});

test("a policy that is loaded keeps no second copy of its program", async () => {
  const loaded = await loadActivePolicy(new URL("../../bundles/regate.tar.gz", import.meta.url).pathname);
  expect(Object.keys(loaded.current.bundle).toSorted()).toEqual(["dataJson", "manifest", "packages"]);
});
