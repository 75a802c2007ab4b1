// tools/opa/capabilities.json is derived from the pinned OPA: `npx vitest run -u test/policy/capabilities.test.ts` writes it anew.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { deriveCapabilities } from "../../src/policy/build/capabilities.ts";
import { findOpa } from "../../src/policy/opa.ts";
import { SHIPPED_CAPABILITIES } from "../../src/policy/shipped.ts";

test("tools/opa/capabilities.json holds exactly the builtins that the engine runs under its meter", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "regate-test-"));
  onTestFinished(() => rm(scratch, { recursive: true }));
  const text = await deriveCapabilities(await findOpa(process.env, process.cwd()), scratch);
  await expect(text).toMatchFileSnapshot(SHIPPED_CAPABILITIES);
});
