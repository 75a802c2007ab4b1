import { describe, expect, test } from "vitest";
import { createGateLog, type GateLogOptions, secretsIn } from "../../src/cli/gate-log.ts";

function start(options: Partial<GateLogOptions> = {}) {
  const written: string[] = [];
  const log = createGateLog({
    format: "text",
    level: "info",
    write: (text) => written.push(text),
    backlogBytes: () => 0,
    unixMs: () => Date.parse("2026-11-02T12:00:00Z"),
    pid: 7,
    secrets: [],
    ...options,
  });
  return { log, written };
}

describe("the gate's log", () => {
  test("is lines of text", () => {
    const { log, written } = start();
    log("files: it can't be reached");
    expect(written).toEqual(["regate: files: it can't be reached\n"]);
  });

  test("is one JSON object for each event, where that is wanted", () => {
    const { log, written } = start({ format: "json" });
    log("internal error: a\n    at b", "error");
    expect(written).toHaveLength(1);
    expect(written[0]).toMatch(/^[^\n]*\n$/);
    expect(JSON.parse(written[0] ?? "")).toEqual({
      time: "2026-11-02T12:00:00.000Z",
      level: "error",
      name: "regate",
      pid: 7,
      msg: "internal error: a\n    at b",
    });
  });

  test("leaves out what is below its level; what has none is a warning", () => {
    const { log, written } = start({ level: "warn" });
    log("stopping", "info");
    log("lost");
    log("broken", "error");
    expect(written).toEqual(["regate: lost\n", "regate: broken\n"]);
  });

  const HOSTILE = "stderr: \u001b[2J\u0007\u202eevil\r\nregate: freeze: all is thawed\u2028{";
  test("shows what would move a cursor, hide or reorder as its number, and no line that is not its own", () => {
    const { log, written } = start();
    log(HOSTILE);
    const text = written.join("");
    expect(text).toMatch(/^(?:regate: [^\p{Cc}\p{Cf}\p{Zl}]*\n){2}$/u);
    expect(text).toContain("\\u{001b}[2J");
    const json = start({ format: "json" });
    json.log(HOSTILE);
    expect(json.written.join("")).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}]*\n$/u);
    expect(JSON.parse(json.written.join(""))).toMatchObject({ msg: HOSTILE });
  });

  test.each(["text", "json"] as const)("masks what is secret, in %s", (format) => {
    const secrets = secretsIn(
      {
        servers: new Map([
          [
            "a",
            {
              headers: { Authorization: "Bearer configured-1", Accept: "application/json" },
              env: { DB_PASSWORD: "configured-2" },
            },
          ],
        ]),
        metrics: { token: "configured-3" },
        auth: { issuers: ["https://login.example.com"] },
      },
      ["operator-key-of-the-gate", undefined, "short"],
    );
    const { log, written } = start({ format, secrets });
    log("x configured-1 configured-2 configured-3 operator-key-of-the-gate ghp_0123456789abcdefghijklmnopqrstuvwxyz y");
    expect(written.join("")).toMatch(/x \*\*\* \*\*\* \*\*\* \*\*\* \*\*\* y/);
    log("short application/json https://login.example.com");
    expect(written.join("")).toContain("short application/json https://login.example.com");
  });

  test("drops what nobody reads, and says how much once somebody does", () => {
    let backlog = 0;
    const { log, written } = start({ backlogBytes: () => backlog });
    backlog = 2_000_000;
    log("a");
    log("b");
    expect(written).toEqual([]);
    backlog = 0;
    log("c");
    expect(written).toEqual(["regate: 2 lines of this log were dropped: nobody read them\n", "regate: c\n"]);
  });

  test("cuts what is very long", () => {
    const { log, written } = start({ format: "json" });
    log("x".repeat(1_000_000));
    expect(written[0]?.length).toBeLessThan(11_000);
  });
});
