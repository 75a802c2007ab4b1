// The page of a tool: every name has one that shows what the name is made of, and says what holds for the tool now.
import { beforeAll, describe, expect, test } from "vitest";
import type { ActivePolicy } from "../../src/policy/active-policy.ts";
import {
  type Listings,
  linksOf,
  loadPolicyOf,
  loadShipped,
  readPage,
  sha256Of,
  startConsole,
  withCatalogue,
} from "./support.ts";

const READ = { category: "Read", risk: "Low", severity: "low" };

/** A name, and how the page shows it. */
const NAMES: readonly (readonly [what: string, name: string, shown: string])[] = [
  ["HTML", "<script>alert(1)</script>", "<script>alert(1)</script>"],
  ["an attribute's end", '"><img src=x onerror=alert(1)>', '"><img src=x onerror=alert(1)>'],
  ["an entity", "a&lt;b&#x202e;", "a&lt;b&#x202e;"],
  ["slashes", "a/b//c", "a/b//c"],
  ["quotes and a backslash", "we\"ird'na\\me", "we\"ird'na\\me"],
  ["what an address is made of", "a?b=c&d#e%2Ff%41;+ x", "a?b=c&d#e%2Ff%41;+ x"],
  ["a percent sign alone", "100%", "100%"],
  ["two dots", "..", ".."],
  ["nothing", "", "empty name"],
  ["blanks around it", " a  b   ", "U+0020a  b3 times U+0020"],
  ["blanks only", "  ", "2 times U+0020"],
  ["300 characters", "n".repeat(300), "n".repeat(300)],
  ["300 characters of three bytes", "名".repeat(300), "名".repeat(300)],
  ["a direction override", "delete\u202egpj.txt", "deleteU+202Egpj.txt"],
  ["zero width characters", "read\u200b\u200d\ufeff_file", "readU+200BU+200DU+FEFF_file"],
  ["ANSI codes", "\u001b[31mred\u001b[0m\u009b1m", "U+001B[31mredU+001B[0mU+009B1m"],
  ["line breaks", "a\nb\r\nc\td", "aU+000AbU+000DU+000AcU+0009d"],
  ["a NUL", "a\u0000b", "aU+0000b"],
  ["tag characters", "read\u{e0041}\u{e007f}", "readU+E0041U+E007F"],
  ["letters that look like others", "\u0441reate_\u0430pi_key", "\u0441reate_\u0430pi_key"],
  ["a member of every object", "constructor", "constructor"],
];

/** What must not be on a page but by its number; line feeds and tabs are in texts of several lines. */
const HIDDEN = /(?![\n\t])[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

let policy: ActivePolicy;
let shipped: ActivePolicy;
beforeAll(async () => {
  shipped = await loadShipped();
  const tools = NAMES.map(([, name]) => [name, { ...READ, description: name }]);
  policy = withCatalogue(shipped, { odd: { tools: Object.fromEntries(tools) } });
});

describe("a tool of any name", () => {
  test.each(NAMES)("is reached from the list and shown as it is: %s", async (_, name, shown) => {
    const { get } = await startConsole(policy);
    const list = await get("/console/catalogue?page=1");
    const links = linksOf(list);
    const pages = await Promise.all(links.map((href) => get(href)));
    const found = pages.filter(({ text }) => {
      const [, heading = ""] = /<h1 class="tool-name">([\s\S]*?)<\/h1>/.exec(text) ?? [];
      return readPage(heading) === shown;
    });
    expect(links.filter((_, index) => pages[index]?.status !== 200)).toEqual([]);
    expect(found, `${JSON.stringify(name)} among ${links}`).toHaveLength(1);
  });

  test("brings no element, attribute or hidden character of its own onto a page", async () => {
    const { get } = await startConsole(policy);
    const list = await get("/console/catalogue");
    const links = linksOf(list);
    expect(links).toHaveLength(NAMES.length);
    for (const { text } of [list, ...(await Promise.all(links.map((href) => get(href))))]) {
      expect(text.match(/<script/g)).toHaveLength(1);
      expect(text).not.toMatch(/<img|<[^>]*\sonerror/);
      expect(text).not.toMatch(HIDDEN);
    }
  });

  test.each([
    ["delete\u202egpj.txt", "holds a character that can't be seen", "U+202E"],
    ["\u0441reate_\u0430pi_key", "not plain ASCII. A name that looks the same may be another tool", "\u0441 U+0441"],
  ])("warns of %j", async (name, warning, which) => {
    const { get } = await startConsole(policy);
    const page = readPage(await get(`/console/catalogue/odd/${encodeURIComponent(name)}`));
    expect(page).toContain(warning);
    expect(page).toContain(which);
  });

  test("that is plain has no warning", async () => {
    const { get } = await startConsole(policy);
    expect(readPage(await get("/console/catalogue/odd/a%2Fb%2F%2Fc"))).not.toContain("plain ASCII");
  });

  test.each(["none", "A%2FB%2F%2FC", "a%252Fb%252F%252Fc", "%ff", "toString"])("is not there: %s", async (name) => {
    const { get } = await startConsole(policy);
    expect((await get(`/console/catalogue/odd/${name}`)).status).toBe(404);
    expect((await get(`/console/catalogue/none/${name}`)).status).toBe(404);
  });
});

describe("what a server says", () => {
  test("is shown to its end where a page holds it, with what hides in it", async () => {
    const description = `Adds.\n\n<b>IMPORTANT</b>\u202e\u200b ${"x".repeat(2 ** 20)}`;
    const parameters = { "p\u202eq": { required: true, type: "<i>", description: "a\u001b[1mb" } };
    const long = withCatalogue(shipped, {
      odd: {
        title: "T\u202e<b>",
        package: "p<b>",
        version: "1<b>",
        tools: { t: { ...READ, description, rationale: "<u>r\u200b", signals: ["<s>\u202e"], parameters } },
      },
    });
    const { get } = await startConsole(long);
    for (const path of ["/console/catalogue/odd/t", "/console/catalogue/odd", "/console/catalogue"]) {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.text.length).toBeLessThan(150_000);
      // what a browser sends back, and does not show
      const shown = answer.text.replaceAll(/ value="[^"]*"/g, "");
      expect(shown).not.toMatch(/<b>IMP|<i>|<u>|<s>/);
      expect(shown).not.toMatch(HIDDEN);
    }
    const page = readPage(await get("/console/catalogue/odd/t"));
    expect(page).toContain("Adds.\n\n<b>IMPORTANT</b>U+202EU+200B xxx");
    expect(page).toContain("cut after 10,000 of 1,048,");
    expect(page).toMatch(/pU\+202Eq.*<i>.*required.*aU\+001B\[1mb/s);
    expect(page).toContain("<u>rU+200B");
    expect(page).toContain("<s>U+202E");
  });

  test("of a tool with thousands of parameters is cut, and says so", async () => {
    const parameters = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, n) => [`p${n}`, { required: n === 4_999, type: "string" }]),
    );
    const wide = withCatalogue(shipped, { odd: { tools: { t: { ...READ, parameters } } } });
    const page = readPage(await (await startConsole(wide)).get("/console/catalogue/odd/t"));
    expect(page).toMatch(/5,000 parameters, 1 required.*p4999.*required.*and 4800 more/s);
  });
});

describe("create_api_key of SiteWise", () => {
  const PATH = "/console/catalogue/awslabs.aws-iot-sitewise-mcp-server/create_api_key";

  test("has a page that answers what people ask", async () => {
    const { get } = await startConsole(shipped, {}, { "awslabs.aws-iot-sitewise-mcp-server": "sitewise" });
    const { text } = await get(PATH);
    const questions = [...text.matchAll(/<h2 id="[a-z]+-question">([\s\S]*?)<\/h2>/g)];
    expect(questions.map(([, question = ""]) => question.replace(/<[^>]*>/g, ""))).toEqual([
      "What does create_api_key do?",
      "What is the risk level of create_api_key?",
      "Which rule decides it now?",
      "How do I enforce a policy on create_api_key?",
      "Can I rate-limit create_api_key?",
      "How do I block create_api_key?",
      "Which server provides create_api_key?",
      "Is its definition the one that was reviewed?",
    ]);
    const page = readPage(text);
    expect(page).toMatch(/Write.*Medium risk.*high.*credentials.*no description/s);
    expect(page).toContain("A call without arguments is allowed, within 1 limit.");
    expect(page).toContain("10 calls per 60 s in each session");
    expect(page).toMatch(
      /Ten keys a minute.*ten-keys-a-minute.*aws-iot-sitewise-mcp-server\.rego:\d+.*the server's package/s,
    );
    expect(page).toContain('rules.create_api_key contains {\n\t"id": "ten-keys-a-minute",\n\t"action": "allow",');
    expect(page).toContain("The defaults of Write are silent, because the server's package speaks for this tool.");
    expect(page).toContain("It is limited already:10 calls per 60 s in each session, by ten-keys-a-minute");
    expect(page).toContain("Agents reach it through this gate at /mcp/sitewise");
    expect(page).toContain("It is known from documentation only");
    for (const id of ["rego-allow", "rego-limit", "rego-approval", "rego-deny"]) {
      expect(text).toContain(`data-copies="${id}-code"`);
      expect(text).toContain(`<code id="${id}-code">`);
    }
  });

  test("has a rule in the shipped policy, so that this test reads the real one", async () => {
    expect(
      shipped.current.rules.get('policy.servers["awslabs.aws-iot-sitewise-mcp-server"]/ten-keys-a-minute'),
    ).toMatchObject({
      tool: "create_api_key",
      action: "allow",
    });
  });
});

describe("a tool's standing now", () => {
  const RULES = `package policy.servers.desk

# METADATA
# title: Nobody deletes
# description: |
#   Not even
#   on Sundays.
rules.delete_it contains {"id": "never", "action": "deny", "reason": "Deleted is \\u202e gone", "hide": true}

rules.pay contains {"id": "small", "action": "allow", "rate_limit": {"max": 5, "window": 3600, "per": "principal", "over": "category", "cost": 2}} if input.args.amount < 100

rules["*"] contains {"id": "weekend", "action": "limit", "rate_limit": {"max": 1, "window": 1, "per": "everyone", "over": "all"}} if input.time.weekday == "Sunday"

rules.broken contains {"id": "b", "action": input.args.nothing_but_text} if input.args != {}

rules.ask contains {"id": "asked", "action": "allow"}

rules.ask contains {"id": "mornings", "action": "deny"} if not input.args.early

rules.ask contains {"id": "signed", "action": "deny"} if not input.args.name

rules.broken contains {"id": "n", "action": "allow", "rate_limit": {"max": -1 * count(input.tool), "window": 60}}
`;
  const tool = (category: string, risk: string) => ({ category, risk, severity: "high" });
  const PAY = { name: "pay", description: "Pays" };
  const LIVE: Listings = {
    desk: [
      PAY,
      { name: "read_it", description: "Reads, and now send\u200b it" },
      {
        name: "new_one",
        description: "Runs any shell command",
        inputSchema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
      },
      { name: "documented", description: "Was not known" },
    ],
  };
  let desk: ActivePolicy;
  beforeAll(async () => {
    desk = await loadPolicyOf({
      "policy/desk.rego": RULES,
      "catalogue/desk/data.json": JSON.stringify({
        tools: {
          delete_it: tool("Destructive", "Critical"),
          pay: { ...tool("Financial", "High"), sha256: sha256Of(PAY) },
          documented: { ...tool("Read", "Low"), source: "documented" },
          broken: tool("Write", "Medium"),
          ask: { ...tool("Write", "Medium"), source: "documented" },
          read_it: { ...tool("Read", "Low"), description: "Reads", sha256: "0".repeat(64) },
          write_it: { ...tool("Write", "Medium"), sha256: "0".repeat(64) },
        },
      }),
      "catalogue/other/data.json": JSON.stringify({
        tools: { read_it: tool("Read", "Low"), plain: tool("Write", "Medium") },
      }),
    });
  });
  const page = async (path: string) =>
    readPage(await (await startConsole(desk, LIVE)).get(`/console/catalogue/${path}`));

  test("names the rule that denies, its METADATA and its reason", async () => {
    const shown = await page("desk/delete_it");
    expect(shown).toContain("A call without arguments is denied, and left out of tools/list.");
    expect(shown).toMatch(/Nobody deletes.*Not even\non Sundays\..*never · policy\/desk\.rego:8/s);
    expect(shown).toContain("Deleted is U+202E gone");
    expect(shown).toContain("It is blocked by never, and agents don't see it in tools/list.");
    expect(shown).toContain("Not enough by itself: never would still win, so that has to go as well.");
  });

  test("names the rules that may speak, by what a call holds", async () => {
    const shown = await page("desk/pay");
    expect(shown).toContain(
      "No rule speaks to a call without arguments, and where nothing permits a call, it is denied.",
    );
    expect(shown).toContain("A call without arguments is denied; another may pass, by what it holds.");
    expect(shown).toContain("Depends on the call");
    const others = shown.slice(shown.indexOf("May speak as well"), shown.indexOf("How do I enforce"));
    expect(others).toContain('rules.pay contains {"id": "small"');
    expect(others).toContain('rules["*"] contains {"id": "weekend"');
    expect(others).toContain("changed-definition");
    expect(others).not.toContain("money-approved");
    expect(others).not.toContain("never");
    expect(shown).toContain("Yes: what desk listed last is, to the byte");
  });

  test("says what conditional denials leave to a rule for the tool", async () => {
    const shown = await page("desk/ask");
    const wins = "mornings and signed still win where their conditions hold.";
    expect(shown).toContain(`Lets through what no rule denies: ${wins}`);
    expect(shown).toContain(`Asks a person about what no rule denies: ${wins}`);
    expect(shown).not.toContain("Not enough by itself");
  });

  test("names the fault of a malformed rule", async () => {
    expect(await page("desk/broken")).toMatch(/is denied.*policy\.servers\.desk\/n: rate_limit/s);
  });

  test("is denied for a changed definition, with what changed", async () => {
    const shown = await page("desk/read_it");
    expect(shown).toMatch(
      /is denied, and left out of tools\/list.*The tool's definition is not the one that was reviewed/s,
    );
    expect(shown).toContain("regate/guardrails/guardrails.rego:");
    expect(shown).toContain("No: what desk listed last is not what was reviewed.");
    expect(shown).toMatch(/description: .*and now send\\u\{200b\} it/);
  });

  test("is denied for a tool that is gone", async () => {
    const shown = await page("desk/write_it");
    expect(shown).toContain("A call without arguments is denied");
    expect(shown).toContain("It was reviewed, and desk no longer lists it.");
  });

  test("of a tool that nobody reviewed is what its live definition looks like", async () => {
    const shown = await page("desk/new_one");
    expect(shown).toContain("Nobody has reviewed it: all this is what its definition looks like, by itself.");
    expect(shown).toContain("desk lists it, and nobody reviewed it.");
    expect(shown).toMatch(/Execute.*High risk/s);
    expect(shown).toContain("Runs any shell command");
    expect(shown).toMatch(/1 parameter, 1 required.*command.*string.*required/s);
    expect(shown).toContain("It was judged as a tool that nobody reviewed.");
  });

  test("of a tool that was reviewed by its documentation alone says so", async () => {
    expect(await page("desk/documented")).toContain("what was reviewed was its documentation");
  });

  test("names the other servers that have a tool of this name", async () => {
    expect(await page("desk/read_it")).toContain(
      "Tools of this name on other servers are other tools, with rules of their own: other",
    );
    expect(await page("other/plain")).not.toContain("on other servers");
  });

  test("is what the defaults say where no package names it, with a file to write", async () => {
    const shown = await page("other/plain");
    expect(shown).toMatch(
      /Writing is limited.*write-limited.*policy\/defaults\/defaults\.rego:\d+.*the defaults of the category/s,
    );
    expect(shown).toContain("Give the server a package of its own: a new file below policy/servers/");
    expect(shown).toContain("package policy.servers.other\n\n# METADATA\n# title: plain is allowed");
    expect(shown).toContain(
      "Takes the place of write-limited: the defaults are silent on a tool that its server's package names.",
    );
    expect(shown).toContain("Adds a limit; inherit keeps write-limited.");
  });
});
