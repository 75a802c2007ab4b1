// A server that changes what its tool says it does, in mid-session: the tool is refused and hidden until it was reviewed again.
import { describe, expect, test } from "vitest";
import { fixturePath, startHttpFixture } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";
import { isToolError, openSession, textOf } from "./harness-wire.ts";

const TRANSPORTS = ["http", "stdio"] as const;

describe.each(TRANSPORTS)("before a server over %s that turns, the gate", (transport) => {
  test("refuses and hides the changed tool once the server said that its list changed", async () => {
    const session = await openSession((await start(transport, [])).url("turning"));
    expect(JSON.stringify((await session.ask("tools/list")).result)).toContain("Tells the weather of a city");
    expect(textOf(await session.call("weather", { city: "Oslo" }))).toBe("It rains");
    const refusal = await session.call("weather", { city: "Oslo" });
    expect(isToolError(refusal)).toBe(true);
    expect(textOf(refusal)).toContain("is not the one that was reviewed");
    expect(JSON.stringify((await session.ask("tools/list")).result)).not.toContain("weather");
  });

  test("refuses and hides the changed tool of a server that kept it quiet, as soon as it is listed", async () => {
    const session = await openSession((await start(transport, ["--quiet"])).url("turning"));
    expect(isToolError(await session.call("weather", { city: "Oslo" }))).toBe(false);
    expect(JSON.stringify((await session.ask("tools/list")).result)).not.toContain("id_rsa");
    expect(isToolError(await session.call("weather", { city: "Oslo" }))).toBe(true);
  });

  test("lists by itself before the first call where the client never did", async () => {
    const gate = await start(transport, []);
    const [turned, fresh] = [await openSession(gate.url("turning")), await openSession(gate.url("turning"))];
    await turned.call("weather");
    expect(isToolError(await turned.call("weather"))).toBe(true);
    expect(textOf(await fresh.call("weather"))).toBe("It rains");
  });
});

async function start(transport: (typeof TRANSPORTS)[number], flags: readonly string[]): Promise<Gate> {
  const server =
    transport === "http"
      ? { url: (await startHttpFixture("rugpull-server.mjs", ["--http", "0", ...flags])).url }
      : { command: process.execPath, args: [fixturePath("rugpull-server.mjs"), "--stdio", ...flags] };
  return await startGate({ servers: { turning: { ...server, catalogue: "rugpull" } } });
}
