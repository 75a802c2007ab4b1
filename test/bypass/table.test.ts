// The corpus and what is published of it: one is the other.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { count, readCorpus } from "./corpus.ts";
import { plays } from "./plays/plays.ts";
import { renderTable } from "./table.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const corpus = readCorpus();
const ways = corpus.flatMap((area) => area.ways);

describe("the bypass corpus", () => {
  test("is docs/bypass.md", async () => {
    await expect(renderTable(corpus)).toMatchFileSnapshot(join(ROOT, "docs/bypass.md"));
  });

  test("is counted in the README", () => {
    const counted = count(corpus);
    const stated = /\[(\d+) ways around a gate\]\(docs\/bypass\.md\), tried (\d+) times/.exec(
      readFileSync(join(ROOT, "README.md"), "utf8").replaceAll(/\s+/g, " "),
    );
    expect({ ways: Number(stated?.[1]), tries: Number(stated?.[2]) }).toEqual(counted);
  });

  test("has each way once", () => {
    expect(ways.filter(({ id }, index) => ways.findIndex((other) => other.id === id) !== index)).toEqual([]);
  });

  test("names the plays that there are", () => {
    const named = ways.flatMap((way) => ("play" in way ? [way.play] : []));
    expect(named.toSorted()).toEqual([...plays.keys()].toSorted());
  });
});
