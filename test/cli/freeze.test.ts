// What `regate freeze` has the gate do, and prints: the command in the test's process, the gate's own routes behind it.
import { describe, expect, test } from "vitest";
import { run } from "../../src/cli/freeze.ts";
import { createFreezes, type FreezeStore } from "../../src/freeze/freeze.ts";
import { Problem } from "../../src/problem.ts";
import { OPERATOR_KEY, startFront } from "./front.ts";

const AT = "1970-01-01T00:00:00.000Z";

async function start(store: FreezeStore = new Map()) {
  const servers = new Map([["files", "filesystem"]]);
  const freezes = createFreezes({ store, servers, unixMs: () => 0, log: () => {} });
  const { dir } = await startFront({ target: () => {}, freezes });
  const freeze = async (...args: string[]) => {
    const printed = { stdout: "", stderr: "" };
    const code = await run(args, {
      stdout: (text) => {
        printed.stdout += text;
      },
      stderr: (text) => {
        printed.stderr += text;
      },
      env: { REGATE_OPERATOR_KEY: OPERATOR_KEY },
      cwd: dir,
      stdin: () => Promise.reject(new Error("not read")),
    });
    return { code, ...printed };
  };
  return { freeze, freezes };
}

describe("regate freeze", () => {
  test("freezes all, or some, and prints what is frozen; --thaw ends it", async () => {
    const { freeze, freezes } = await start();
    expect(await freeze()).toEqual({ code: 0, stdout: `frozen: All calls, since ${AT}, by operator\n`, stderr: "" });
    await freeze("--server", "files", "--principal", "an\u001bn");
    expect(freezes.list()).toMatchObject([{}, { server: "filesystem", principal: "an\u001bn" }]);
    expect((await freeze("--server", "files", "--principal", "bob")).stdout).toContain(
      "Calls of an\\u{001b}n to filesystem",
    );
    expect((await freeze("--thaw", "--server", "files", "--principal", "bob")).stdout.split("\n")).toHaveLength(3);
    expect(await freeze("--thaw")).toEqual({ code: 0, stdout: "nothing is frozen\n", stderr: "" });
  });

  test("names what can't be frozen or thawed", async () => {
    const { freeze } = await start();
    await expect(freeze("--server", "nope")).rejects.toEqual(
      new Problem(["regate freeze: no server of this name; this gate has files"]),
    );
    await expect(freeze("--thaw", "--principal", "ann")).rejects.toThrow(Problem);
  });

  test("exits 1 where the gate won't know of it after a restart", async () => {
    const set = () => {
      throw new Error("disk full");
    };
    const { freeze } = await start({ get: () => undefined, set, delete: () => {} });
    expect(await freeze()).toMatchObject({ code: 1, stderr: expect.stringContaining("disk full") });
  });

  test("takes no other words", async () => {
    const { freeze } = await start();
    await expect(freeze("all")).rejects.toThrow(/Unexpected argument 'all'/);
  });
});
