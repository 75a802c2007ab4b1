import { describe, expect, test } from "vitest";
import { catalogueSchema } from "../../src/policy/catalogue.ts";
import { createLiveTools } from "../../src/policy/live-tools.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);
const definition = (sha256: string, text = `{"name":"${sha256.slice(0, 4)}"}`) => ({ sha256, text });
const REVIEWED = { category: "Read", risk: "Low", severity: "low" } as const;

/** Live tools over a catalogue that a test may change, and what was told of them. */
function liveTools() {
  const catalogue = catalogueSchema.parse({
    files: { tools: { read: { ...REVIEWED, sha256: A }, old: { ...REVIEWED, sha256: A }, documented: REVIEWED } },
  });
  const told: string[] = [];
  let compared = 0;
  let active = catalogue;
  const live = createLiveTools({
    catalogue: () => active,
    describeChange(_reviewed, { sha256 }, tool) {
      compared += 1;
      return `${tool} is now ${sha256.slice(0, 4)}`;
    },
    onChanged: (server, tool, sha256, { reviewedSha256, what }, isLast) =>
      told.push(
        `${server}/${tool} ${reviewedSha256.slice(0, 1)}>${sha256.slice(0, 4)}: ${what}${isLast ? " (last)" : ""}`,
      ),
  });
  return {
    live,
    told,
    compared: () => compared,
    review: (sha256: string) => {
      active = catalogueSchema.parse({ files: { tools: { read: { ...REVIEWED, sha256 } } } });
    },
  };
}

describe("the status of a tool", () => {
  test("is unseen before its server has listed anything", () => {
    const { live } = liveTools();
    expect(live.statusOf("files", "read")).toEqual({ kind: "unseen" });
    expect(live.statusOf("nobody", "nothing")).toEqual({ kind: "unseen" });
    live.observe("files");
    expect(live.statusOf("files", "read")).toEqual({ kind: "unseen" });
  });

  test("follows from the definition that was listed last, whoever listed it", () => {
    const { live } = liveTools();
    const [one, two] = [live.observe("files"), live.observe("files")];
    one.listed("read", definition(A));
    expect(live.statusOf("files", "read")).toEqual({ kind: "reviewed", by: "definition", definition: definition(A) });
    two.listed("read", definition(B));
    expect(live.statusOf("files", "read")).toEqual({
      kind: "changed",
      definition: definition(B),
      reviewedSha256: A,
      what: "read is now bbbb",
    });
    one.listed("new", definition(B));
    expect(live.statusOf("files", "new")).toEqual({ kind: "uncatalogued", definition: definition(B) });
    one.listed("documented", definition(B));
    expect(live.statusOf("files", "documented")).toMatchObject({ kind: "reviewed", by: "documentation" });
    expect(live.uncatalogued("files")).toEqual([{ server: "files", tool: "new", definition: definition(B) }]);
    expect(live.uncatalogued("other")).toEqual([]);
    live.observe("other").listed("read", definition(A));
    expect(live.uncatalogued().map(({ server, tool }) => `${server}/${tool}`)).toEqual(["files/new", "other/read"]);
  });

  test("follows the catalogue that is active now", () => {
    const { live, review } = liveTools();
    live.observe("files").listed("read", definition(B));
    review(B);
    expect(live.statusOf("files", "read")).toMatchObject({ kind: "reviewed" });
  });

  test("is gone where a whole list left it out, but for what is only documented", () => {
    const { live } = liveTools();
    const listings = live.observe("files");
    listings.listed("old", definition(A));
    const mark = listings.mark();
    listings.listed("read", definition(A));
    expect(live.statusOf("files", "old")).toMatchObject({ kind: "reviewed" });
    listings.wasWhole(mark);
    expect(live.statusOf("files", "old")).toEqual({ kind: "gone" });
    expect(live.statusOf("files", "read")).toMatchObject({ kind: "reviewed" });
    expect(live.statusOf("files", "documented")).toEqual({ kind: "unseen" });
    expect(live.statusOf("files", "never-heard-of")).toEqual({ kind: "unseen" });
    listings.listed("old", definition(A));
    expect(live.statusOf("files", "old")).toMatchObject({ kind: "reviewed" });
  });

  test("holds while another list that is still read began before it", () => {
    const { live } = liveTools();
    const listings = live.observe("files");
    const slow = listings.mark();
    listings.listed("read", definition(A));
    const quick = listings.mark();
    listings.listed("read", definition(A));
    listings.wasWhole(quick);
    listings.wasWhole(slow);
    expect(live.statusOf("files", "read")).toMatchObject({ kind: "reviewed" });
  });
});

describe("a definition that is not the reviewed one", () => {
  test("is told once, with what changed, and counted", () => {
    const { live, told, compared } = liveTools();
    const listings = live.observe("files");
    for (let n = 0; n < 3; n += 1) listings.listed("read", definition(B));
    live.observe("files").listed("read", definition(B));
    expect(told).toEqual(["files/read a>bbbb: read is now bbbb"]);
    expect(live.changesSeen).toBe(1);
    listings.listed("read", definition(A));
    listings.listed("read", definition(B));
    expect(told).toHaveLength(1);
    listings.listed("read", definition("c".repeat(64)));
    expect(told).toHaveLength(2);
    expect(live.changeOf("files", "read", definition(B))).toEqual({ reviewedSha256: A, what: "read is now bbbb" });
    expect(compared()).toBe(2);
  });

  test("is told again against another review", () => {
    const { live, told, review } = liveTools();
    live.observe("files").listed("read", definition(B));
    review("d".repeat(64));
    live.observe("files").listed("read", definition(B));
    expect(told).toEqual(["files/read a>bbbb: read is now bbbb", "files/read d>bbbb: read is now bbbb"]);
  });

  test("is none where the tool was not reviewed by its definition, or is the reviewed one", () => {
    const { live, told } = liveTools();
    const reviewed: string[] = [];
    const listings = live.observe("files", (tool) => reviewed.push(tool));
    listings.listed("documented", definition(B));
    listings.listed("new", definition(B));
    listings.listed("read", definition(A));
    listings.listed("old", definition(B));
    expect(told).toEqual(["files/old a>bbbb: old is now bbbb"]);
    expect(reviewed).toEqual(["read"]);
    expect(live.changeOf("files", "read", definition(A))).toBeUndefined();
    expect(live.changeOf("files", "documented", undefined)).toBeUndefined();
    expect(live.changeOf("files", "new", definition(B))).toBeUndefined();
  });

  test("has words for a tool that its server lists no more", () => {
    const { live } = liveTools();
    expect(live.changeOf("files", "read", undefined)).toEqual({
      reviewedSha256: A,
      what: "the server no longer lists it",
    });
  });
});

describe("a server that keeps changing", () => {
  const hash = (n: number) => String(n).padStart(64, "0").split("").reverse().join("");

  test("is told of five hundred times, and then compared no more", () => {
    const { live, told, compared } = liveTools();
    const listings = live.observe("files");
    for (let n = 1; n <= 600; n += 1) listings.listed("read", definition(hash(n)));
    expect(told).toHaveLength(500);
    expect(told.filter((line) => line.endsWith("(last)"))).toEqual([told.at(-1)]);
    expect(live.changeOf("files", "read", definition(hash(2_000)))?.what).toMatch(/^not compared/);
    expect(compared()).toBe(500);
    expect(live.changesSeen).toBe(500);
  });

  test("fills no more memory than it may, in tools", () => {
    const { live } = liveTools();
    const listings = live.observe("files");
    for (let n = 0; n < 10_010; n += 1) listings.listed(`t${n}`, definition(B));
    expect(live.statusOf("files", "t9999")).toMatchObject({ kind: "uncatalogued" });
    expect(live.statusOf("files", "t10000")).toEqual({ kind: "unseen" });
    expect(live.uncatalogued()).toHaveLength(1_000);
    listings.wasWhole(listings.mark());
    expect(live.uncatalogued()).toEqual([]);
    listings.listed("again", definition(B));
    expect(live.uncatalogued()).toHaveLength(1);
  });

  test("fills no more memory than it may, in characters, and what it took is given back", () => {
    const { live } = liveTools();
    const listings = live.observe("files");
    const long = (n: number) => definition(hash(n), "x".repeat(6_000_000));
    for (let n = 0; n < 4; n += 1) listings.listed(`t${n}`, long(n));
    expect(live.uncatalogued().map(({ tool }) => tool)).toEqual(["t0", "t1"]);
    for (let n = 10; n < 20; n += 1) listings.listed("t1", long(n));
    expect(live.statusOf("files", "t1")).toMatchObject({ kind: "uncatalogued" });
    listings.listed("t0", definition(B));
    listings.listed("t2", long(3));
    expect(
      live
        .uncatalogued()
        .map(({ tool }) => tool)
        .sort(),
    ).toEqual(["t0", "t1", "t2"]);
  });
});
