// Servers are added, changed and removed while the gate serves: `regate servers` writes them, `regate reload` or SIGHUP has the
// gate take them, and sessions of servers that stay as they are go on.
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { prepareStdioRecorder, startRecorder } from "./harness-fixtures.ts";
import { operate, startGate } from "./harness-gate.ts";
import { isToolError, openSession } from "./harness-wire.ts";

test("a running gate takes changed servers, and drops no session of another", async () => {
  const [stays, goes] = [await startRecorder("--sessions"), await startRecorder("--sessions")];
  const child = prepareStdioRecorder();
  const gate = await startGate({
    servers: { stays: { url: stays.url }, goes: { url: goes.url }, child: child.entry },
  });
  const open = await Promise.all(["stays", "child", "goes"].map((server) => openSession(gate.url(server))));
  const [staying, inChild, going] = open;
  const callStaying = async () => {
    for (const session of [staying, inChild]) expect(isToolError(await session?.call("echo"))).toBe(false);
  };
  await callStaying();

  expect(await operate(gate, "servers", "add", "new", "--url", stays.url)).toMatchObject({
    stderr: expect.stringContaining("regate reload has it take them"),
  });
  expect(await operate(gate, "servers", "remove", "goes")).toMatchObject({ code: 0 });
  await expect(openSession(gate.url("new"))).rejects.toThrow("404");
  expect(await operate(gate, "reload")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("servers added: new\nservers removed: goes\n"),
  });
  await callStaying();
  expect(child.entries().filter(({ kind }) => kind === "start")).toHaveLength(1);
  await expect(going?.call("echo")).rejects.toThrow("404");
  expect(isToolError(await (await openSession(gate.url("new"))).call("echo"))).toBe(false);
  expect((await operate(gate, "status", "--json")).stdout).toMatch(/"key": ?"new"/);
  expect(await operate(gate, "freeze", "--server", "new")).toMatchObject({ code: 0 });

  // a change of one server ends its sessions, and those alone
  const text = readFileSync(gate.configFile, "utf8");
  writeFileSync(gate.configFile, text.replace(/( +)new:\n/, "$&$1  mode: observe\n"));
  process.kill(gate.process.pid, "SIGHUP");
  await gate.process.printed(/servers: changed: new/);
  await callStaying();

  // and one that is not in order changes nothing
  writeFileSync(gate.configFile, "servers: { stays: { url: nowhere } }\n");
  expect(await operate(gate, "reload")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/servers\.stays\.url: is no URL.*\nthe servers stay as they were\n/s),
  });
  await callStaying();
});
