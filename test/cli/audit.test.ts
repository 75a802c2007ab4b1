import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { run } from "../../src/cli/audit.ts";
import { buildFolder, makeFolder, problemOf } from "../policy/support.ts";

// a build is a process for each file
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const entry = (category: string, risk: string) => ({
  category,
  risk,
  severity: "low",
  parameters: { n: { required: false, type: "number" } },
});

const FILES = {
  "rego/policy/bank.rego": `package policy.servers.bank

rules.pay contains {"id": "free", "action": "allow"}

rules.pay contains {"id": "much", "action": "deny"} if input.args.n > 100

rules.look contains {"id": "look", "action": "allow"}
`,
  "rego/policy/shop.rego":
    'package policy.servers.shop\n\nrules.buy contains {"id": "buy", "action": "require_approval"}\n',
  "rego/catalogue/bank/data.json": JSON.stringify({
    tools: { pay: entry("Financial", "High"), look: entry("Read", "Low") },
  }),
  "rego/catalogue/shop/data.json": JSON.stringify({ tools: { buy: entry("Financial", "High") } }),
};

let cwd: string;
beforeAll(async () => {
  cwd = await makeFolder(FILES);
});

async function audit(...args: string[]): Promise<{ exitCode: number; stdout: string }> {
  let stdout = "";
  const io = {
    stdout: (text: string) => {
      stdout += text;
    },
    stderr: () => undefined,
    env: process.env,
    cwd,
    stdin: async () => new Uint8Array(),
  };
  return { exitCode: await run(args, io), stdout };
}

describe("regate audit", () => {
  test("shows what decides each tool, a plain call's decision first, and what it found with the input", async () => {
    const { exitCode, stdout } = await audit();
    const lines = stdout.split("\n");
    expect(lines.slice(0, 9)).toEqual([
      "bank",
      "  look         Read, low             allow by look",
      "  pay          Financial, low        allow by free; deny by much",
      "  (any other)  Unknown               deny by default unknown-denied",
      "",
      "shop",
      "  buy          Financial, low        require_approval by buy",
      "  (any other)  Unknown               deny by default unknown-denied",
      "",
    ]);
    expect(stdout).toContain(
      "error: policy/bank.rego:3: pay on bank is allowed with neither limit nor approval where it is Financial; " +
        'give the rule a rate_limit, or require_approval (audit/unlimited)\n  with {"server":"bank","tool":"pay"',
    );
    expect(stdout).toMatch(
      /\nrevision [0-9a-f]{12}, [\d,]+ generated inputs, 0 samples: \d+ errors, 0 warnings, \d+ for information; --all lists them\n$/,
    );
    expect(exitCode).toBe(1);
  });

  test("of one server shows and counts that server only", async () => {
    const { exitCode, stdout } = await audit("--server", "shop");
    expect(stdout).not.toContain("bank");
    expect(stdout).toMatch(/: 0 errors, 0 warnings, /);
    expect(exitCode).toBe(0);
  });

  test("lists with --all what is good to know, and fails on it where that is asked for", async () => {
    const { exitCode, stdout } = await audit("--server", "bank", "--all", "--fail-on", "info");
    expect(stdout).toMatch(
      /\npolicy\/bank\.rego:5: info: pay on bank: deny by much becomes allow by free where .* \(audit\/vanishing\)\n/,
    );
    expect(stdout).not.toContain("--all lists them");
    expect(exitCode).toBe(1);
  });

  test("as JSON has each way of each tool, and each finding", async () => {
    const { stdout } = await audit("--format", "json", "--server", "bank");
    const report = z
      .object({
        revision: z.string(),
        generated: z.number(),
        samples: z.number(),
        tools: z.array(z.looseObject({ tool: z.string(), ways: z.array(z.looseObject({})) })),
        findings: z.array(z.looseObject({ level: z.string(), rule: z.string(), what: z.string() })),
      })
      .parse(JSON.parse(stdout));
    expect(report.tools.map(({ tool }) => tool)).toEqual(["look", "pay", "(any other)"]);
    expect(report.tools[1]?.ways[0]).toMatchObject({
      action: "allow",
      deciding: ["policy.servers.bank/free"],
      rules: ["policy.servers.bank/free"],
      rate_limits: [],
    });
    expect(report.findings[0]).toMatchObject({ level: "error", server: "bank", tool: "pay" });
  });

  test("of a bundle needs no OPA, and no sources", async () => {
    const { bytes } = await buildFolder(join(cwd, "rego"));
    const folder = await makeFolder({});
    await mkdir(join(folder, "out"), { recursive: true });
    await writeFile(join(folder, "out/b.tar.gz"), bytes);
    let stdout = "";
    const exitCode = await run(["--bundle", "out/b.tar.gz"], {
      stdout: (text) => {
        stdout += text;
      },
      stderr: () => undefined,
      env: { OPA: "/nowhere" },
      cwd: folder,
      stdin: async () => new Uint8Array(),
    });
    expect(stdout).toContain("\n  pay          Financial, low        allow by free; deny by much\n");
    expect(exitCode).toBe(1);
  });
});

describe("wrong use is named", () => {
  test.each([
    [["a", "b"], "regate audit: one policy folder at a time, not a and b"],
    [["nowhere"], "nowhere: no such folder; name the one that holds policy/, or a bundle with --bundle"],
    [["--fail-on", "eror"], "regate audit: --fail-on eror (did you mean error?); it may be info, warning, error"],
    [["--format", "sarif"], "regate audit: --format sarif; it may be text, json"],
    [["--server", "bnak"], "regate audit: the policy knows no server bnak (did you mean bank?)"],
    [["--server", "tickets"], "regate audit: the policy knows no server tickets; it knows bank, shop"],
    [["--bundle", "none.tar.gz"], "none.tar.gz: no such bundle; make it with `regate build`"],
  ])("%s", async (args, line) => {
    expect(await problemOf(audit(...args))).toEqual([line]);
  });
});
