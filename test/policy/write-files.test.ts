import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { writeFiles } from "../../src/policy/write-files.ts";
import { makeFolder, problemOf } from "./support.ts";

async function changesIn(
  files: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string | undefined>>,
) {
  const dir = await makeFolder(files);
  const changes = Object.entries(wanted).map(([path, content]) => ({ file: join(dir, path), shown: path, content }));
  return { dir, changes };
}

const listing = async (dir: string) => (await readdir(dir, { recursive: true })).sort();

describe("files", () => {
  test("are written, replaced and removed, with nothing left beside them", async () => {
    const { dir, changes } = await changesIn(
      { "old.txt": "old", "gone.txt": "x" },
      { "a/b/new.txt": "new", "old.txt": "replaced", "gone.txt": undefined, "never.txt": undefined },
    );
    await writeFiles(changes);
    expect(await listing(dir)).toEqual(["a", "a/b", "a/b/new.txt", "old.txt"]);
    expect(await readFile(join(dir, "old.txt"), "utf8")).toBe("replaced");
    expect(await readFile(join(dir, "a/b/new.txt"), "utf8")).toBe("new");
  });

  test("are all as they were where one can't be written", async () => {
    const { dir, changes } = await changesIn(
      { "old.txt": "old", file: "in the way", "gone.txt": "stays" },
      { "old.txt": "replaced", "fresh/new.txt": "new", "file/below.txt": "can't be", "gone.txt": undefined },
    );
    expect(await problemOf(writeFiles(changes))).toEqual([
      expect.stringMatching(/^file\/below\.txt: cannot be written \(.*(ENOTDIR|EEXIST)/),
    ]);
    expect(await listing(dir)).toEqual(["file", "gone.txt", "old.txt"]);
    expect(await readFile(join(dir, "old.txt"), "utf8")).toBe("old");
  });

  test("never take the place of a folder, nor remove one", async () => {
    for (const content of ["new", undefined]) {
      const { dir, changes } = await changesIn(
        { "old.txt": "old", "place/file.txt": "kept" },
        { "old.txt": "x", place: content },
      );
      expect(await problemOf(writeFiles(changes))).toEqual([expect.stringMatching(/^place: cannot be .*a folder/)]);
      expect(await listing(dir)).toEqual(["old.txt", "place", "place/file.txt"]);
      expect(await readFile(join(dir, "old.txt"), "utf8")).toBe("old");
    }
  });

  test("take bytes as well as text", async () => {
    const dir = await makeFolder({});
    await writeFile(join(dir, "a"), "");
    await writeFiles([{ file: join(dir, "a"), shown: "a", content: new Uint8Array([0, 255]) }]);
    expect([...(await readFile(join(dir, "a")))]).toEqual([0, 255]);
  });
});
