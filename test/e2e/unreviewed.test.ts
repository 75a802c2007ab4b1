// A server that nobody reviewed: each of its tools is judged by what its live definition looks like.
import { describe, expect, test } from "vitest";
import { fixturePath, startHttpFixture } from "./harness-fixtures.ts";
import { startGate } from "./harness-gate.ts";
import { logLine } from "./harness-log.ts";
import { openSession, textOf } from "./harness-wire.ts";

describe.each(["http", "stdio"] as const)("before an unreviewed server over %s, the gate", (transport) => {
  test("goes by the defaults of the category that each tool looks like, and says so at its start", async () => {
    const server =
      transport === "http"
        ? { url: (await startHttpFixture("unreviewed-server.mjs", ["--http", "0"])).url }
        : { command: process.execPath, args: [fixturePath("unreviewed-server.mjs"), "--stdio"] };
    const gate = await startGate({ servers: { billing: server } });
    expect(gate.process.stdout()).toContain("warning: nobody has reviewed billing");

    const session = await openSession(gate.url("billing"));
    const listed = JSON.stringify((await session.ask("tools/list")).result);
    expect(listed).toContain("get_invoice");
    expect(listed).not.toContain("delete_account");
    expect(textOf(await session.call("get_invoice", { id: "1" }))).toBe("get_invoice was carried out");
    // what nobody reviewed has no schema that counts
    expect(textOf(await session.call("get_invoice", { id: 7 }))).toBe("get_invoice was carried out");
    expect(textOf(await session.call("delete_account", { id: "1" }))).toContain("rule destruction-denied");
    expect(textOf(await session.call("never_listed", {}))).toContain("rule unknown-denied");

    const definition = { catalogued: false, changed: false };
    expect(await logLine(gate, ({ input }) => input.tool === "get_invoice")).toMatchObject({
      input: { category: "Read", definition },
      regate: { classified: true },
    });
    expect(await logLine(gate, ({ input }) => input.tool === "delete_account")).toMatchObject({
      input: { category: "Destructive", definition },
      regate: { classified: true },
    });
    const unknown = await logLine(gate, ({ input }) => input.tool === "never_listed");
    expect(unknown).toMatchObject({
      input: { category: "Unknown" },
      regate: { unknown_because: "the server lists no such tool" },
    });
    expect(unknown.regate).not.toHaveProperty("classified");
  });
});
