import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseBundle } from "../../src/policy/bundle.ts";
import { SHIPPED_BUNDLE } from "../../src/policy/shipped.ts";
import { buildFolder, ROOT } from "./support.ts";

test("bundles/regate.tar.gz is what the sources build, byte for byte", async () => {
  const shipped = await readFile(SHIPPED_BUNDLE);
  const { bytes, bundle } = await buildFolder(join(ROOT, "rego"));
  // The revision says more than two lengths, where it is the sources that differ: run `make bundle`.
  expect((await parseBundle(shipped, SHIPPED_BUNDLE)).revision).toBe(bundle.revision);
  expect(shipped.equals(bytes)).toBe(true);
});
