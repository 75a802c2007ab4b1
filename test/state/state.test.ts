import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { Problem } from "../../src/problem.ts";
import { closeDatabase, openDatabase } from "../../src/state/database.ts";
import { createEndedSessions } from "../../src/state/ended-sessions.ts";
import { makePrivateFolder } from "../../src/state/private-files.ts";
import { openState, SECRET_KEY_BYTES, type State } from "../../src/state/state.ts";
import { compile } from "../limits/compile.ts";
import { scratchFolder } from "../limits/support.ts";

let dir: string;
beforeEach(() => {
  dir = join(scratchFolder(), "state");
});

function open(): State {
  const state = openState(dir);
  let closed = false;
  const close = () => {
    if (!closed) state.close();
    closed = true;
  };
  onTestFinished(close);
  return { ...state, close };
}

function problemOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error.message;
    throw error;
  }
  return "nothing was thrown";
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe("the folder", () => {
  test("is made for the gate's user alone, with all its files", () => {
    const state = open();
    state.secretKey("session");
    state.meta.set("a", "b");
    expect(modeOf(dir)).toBe("700");
    expect(readdirSync(dir).map((name) => `${name} ${modeOf(join(dir, name))}`)).toEqual([
      "session.key 600",
      "state.db 600",
      "state.db-wal 600",
    ]);
  });

  test("is refused where others may write to it", () => {
    mkdirSync(dir);
    chmodSync(dir, 0o770);
    expect(problemOf(() => openState(dir))).toBe(
      `${dir}: others may write to the state folder: look into it, then chmod 700 ${dir}`,
    );
  });

  test("that cannot be made is named with the remedy", () => {
    writeFileSync(dir, "a file");
    expect(problemOf(() => openState(dir))).toBe(
      `${dir}: the state folder cannot be made (EEXIST): name another with "state:"`,
    );
    expect(problemOf(() => openState(join(dir, "below")))).toContain(
      `${join(dir, "below")}: the state folder cannot be made (ENOTDIR)`,
    );
  });
});

describe("the database", () => {
  test("is refused where others may read it", () => {
    open().close();
    chmodSync(join(dir, "state.db"), 0o640);
    expect(problemOf(() => openState(dir))).toBe(
      `${dir}/state.db: its mode 640 lets others at it: see who could, then chmod 600 ${dir}/state.db`,
    );
  });

  test("that a newer regate wrote is refused", () => {
    open().close();
    const db = new Database(join(dir, "state.db"));
    db.exec("PRAGMA user_version = 7");
    db.close();
    expect(problemOf(() => openState(dir))).toContain(
      `${dir}/state.db: a newer regate wrote it (format 7, this one knows 4): run that one`,
    );
  });

  test("that is no database is refused, and left as it is", () => {
    mkdirSync(dir);
    writeFileSync(join(dir, "state.db"), "no database at all ".repeat(100), { mode: 0o600 });
    expect(problemOf(() => openState(dir))).toMatch(
      /state\.db: it cannot be opened as the gate's state \(.+\): restore it, or move it away/,
    );
    expect(readFileSync(join(dir, "state.db"), "utf8")).toContain("no database at all");
  });

  test("is one file after it was closed", () => {
    const state = open();
    state.meta.set("a", "b");
    state.close();
    expect(readdirSync(dir)).toEqual(["state.db"]);
  });
});

describe("ended sessions", () => {
  test("are known at once, and after a restart", () => {
    const state = open();
    state.endedSessions.add("n1", 1000);
    expect(state.endedSessions.has("n1")).toBe(true);
    expect(state.endedSessions.has("n2")).toBe(false);
    state.close();
    expect(open().endedSessions.has("n1")).toBe(true);
  });

  test("are forgotten when their ids have expired, in memory and on disk", () => {
    const state = open();
    state.endedSessions.add("n1", 1000);
    state.endedSessions.add("n2", 2000);
    state.endedSessions.prune(1000);
    expect(["n1", "n2"].map(state.endedSessions.has)).toEqual([false, true]);
    state.close();
    expect(["n1", "n2"].map(open().endedSessions.has)).toEqual([false, true]);
  });

  test("may end twice", () => {
    const state = open();
    state.endedSessions.add("n1", 1000);
    state.endedSessions.add("n1", 2000);
    state.endedSessions.prune(1500);
    expect(state.endedSessions.has("n1")).toBe(true);
  });

  test("that can't be written down have ended all the same, and are written with the next one, or at the end", () => {
    makePrivateFolder(dir);
    const db = openDatabase(join(dir, "state.db"), dir);
    const ended = createEndedSessions(db);
    const written = () => ["n1", "n2", "n3"].map(createEndedSessions(db).has);
    const failAt = (nonce: string) => {
      db.exec("PRAGMA query_only = ON");
      expect(() => ended.add(nonce, 1000)).toThrow();
      ended.retry();
      db.exec("PRAGMA query_only = OFF");
    };
    failAt("n1");
    expect(ended.has("n1")).toBe(true);
    expect(written()).toEqual([false, false, false]);
    ended.add("n2", 1000);
    expect(written()).toEqual([true, true, false]);
    failAt("n3");
    ended.retry();
    expect(written()).toEqual([true, true, true]);
    closeDatabase(db);
  });

  test("that can't be dropped from a file that takes no writes are forgotten, and dropped when it takes some again", () => {
    makePrivateFolder(dir);
    const db = openDatabase(join(dir, "state.db"), dir);
    const ended = createEndedSessions(db);
    ended.add("n1", 1000);
    db.exec("PRAGMA query_only = ON");
    ended.prune(1000);
    expect(ended.has("n1")).toBe(false);
    expect(createEndedSessions(db).has("n1")).toBe(true);
    db.exec("PRAGMA query_only = OFF");
    ended.prune(1000);
    expect(createEndedSessions(db).has("n1")).toBe(false);
    closeDatabase(db);
  });
});

test("named values are kept over a restart, replaced and removed", () => {
  const state = open();
  expect(state.meta.get("operator_key_sha256")).toBeUndefined();
  state.meta.set("operator_key_sha256", "aa");
  state.meta.set("operator_key_sha256", "bb");
  state.meta.set("gone", "soon");
  state.meta.delete("gone");
  state.close();
  const again = open();
  expect(again.meta.get("operator_key_sha256")).toBe("bb");
  expect(again.meta.get("gone")).toBeUndefined();
});

describe("a secret key", () => {
  test("is made once, of random bytes, and another for each name", () => {
    const state = open();
    const key = state.secretKey("session");
    expect(key.length).toBe(SECRET_KEY_BYTES);
    expect(state.secretKey("session")).toEqual(key);
    expect(state.secretKey("other")).not.toEqual(key);
    state.close();
    expect(open().secretKey("session")).toEqual(key);
  });

  test.each([0o640, 0o604, 0o620, 0o666])("whose file has the mode %o is refused", (mode) => {
    const state = open();
    state.secretKey("session");
    chmodSync(join(dir, "session.key"), mode);
    expect(problemOf(() => state.secretKey("session"))).toContain(
      `${dir}/session.key: its mode ${mode.toString(8)} lets others at it`,
    );
  });

  test.each([0, 31, 33])("of %i bytes is refused, and not replaced", (length) => {
    const state = open();
    writeFileSync(join(dir, "session.key"), Buffer.alloc(length), { mode: 0o600 });
    expect(problemOf(() => state.secretKey("session"))).toBe(
      `${dir}/session.key: it holds ${length} bytes, not 32: restore it, or remove it for a new one`,
    );
    expect(statSync(join(dir, "session.key")).size).toBe(length);
  });

  test("that was being made when the gate was killed is made anew", () => {
    const state = open();
    writeFileSync(join(dir, "session.key.new"), "half a k", { mode: 0o600 });
    expect(state.secretKey("session").length).toBe(SECRET_KEY_BYTES);
    expect(readdirSync(dir)).not.toContain("session.key.new");
  });

  test("whose name is a path is a bug", () => {
    expect(() => open().secretKey("../session")).toThrow(RangeError);
  });
});

describe("one gate for each folder", () => {
  const compiled = mkdtempSync(join(tmpdir(), "regate-holder-"));
  let holder: string;
  beforeAll(() => {
    holder = compile("test/state/holder.ts", compiled);
  }, 60_000);
  afterAll(() => rmSync(compiled, { recursive: true, force: true }));

  /** Starts another process on the folder. @returns it, with the first line that it says */
  async function another(): Promise<{ child: ChildProcess; said: string }> {
    const child = spawn(process.execPath, [holder, dir], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    child.stdout.setEncoding("utf8");
    let said = "";
    for await (const text of child.stdout) {
      said += text;
      if (said.endsWith("\n")) break;
    }
    return { child, said: said.trim() };
  }

  const inUse = () => `${dir}: another gate runs on this state folder: stop it, or name another folder with "state:"`;

  test("a second process is refused with the folder's name, and so is a second gate in this one", async () => {
    open();
    expect((await another()).said).toBe(inUse());
    expect(problemOf(() => openState(dir))).toBe(inUse());
    // The refused ones have not loosened the lock.
    expect((await another()).said).toBe(inUse());
  });

  test("a closed folder can be opened by another process at once", async () => {
    open().close();
    expect((await another()).said).toBe("open");
    expect(problemOf(() => openState(dir))).toBe(inUse());
  });

  test("kill -9 lets the folder go, and what was written before it is there", async () => {
    const { child, said } = await another();
    expect(said).toBe("open");
    expect(problemOf(() => openState(dir))).toBe(inUse());
    child.kill("SIGKILL");
    await once(child, "exit");
    const state = open();
    expect(state.meta.get("running")).toBe("yes");
    expect(state.endedSessions.has("ended just before the end")).toBe(true);
  });
});
