// Row 3 of the checklist: a refused call never reaches the server, and its caller reads why in a form that every client takes.
import { beforeAll, describe, expect, test } from "vitest";
import { type RecorderGate, startRecorderGate, TRANSPORTS } from "./harness-recorders.ts";
import { callBody, isToolError, messagesOf, openSession, textOf } from "./harness-wire.ts";

describe.each(TRANSPORTS)("before a server over %s, the gate", (transport) => {
  let setup: RecorderGate;
  let url: string;

  beforeAll(async () => {
    setup = await startRecorderGate();
    url = setup.gate.url(transport);
  });

  test("answers a denied call with a tool error that says which rule, and why", async () => {
    const session = await openSession(url);
    const answer = await session.post(callBody("ask-1", "denied", { secret: "s3cret" }));
    expect(answer.status).toBe(200);
    const [refusal] = await messagesOf(answer);
    expect(refusal?.id).toBe("ask-1");
    expect(refusal?.result).toMatchObject({ isError: true, content: [{ type: "text" }] });
    expect(textOf(refusal)).toMatch(
      /^Policy violation: denied on recorder is denied\. This tool is for nobody\b.*never/,
    );
    expect(textOf(refusal)).not.toContain("s3cret");
    expect(refusal?.result?._meta).toMatchObject({
      "regate/decision": {
        action: "deny",
        rules: ["policy.servers.recorder/never"],
        reasons: ["This tool is for nobody"],
      },
    });
    expect(setup.recorded[transport].calls("denied")).toBe(0);
  });

  test.each(["1", '"1"', '""', "0", "-7", "9007199254740993", String.raw`"\u00e9\ud83d\ude00"`])(
    "gives the id %s back as it came",
    async (id) => {
      const session = await openSession(url);
      const answer = await session.post(
        `{"jsonrpc":"2.0","id":${id},"method":"tools/call","params":{"name":"denied"}}`,
      );
      const [refusal] = await messagesOf(answer);
      expect(refusal?.id).toEqual(JSON.parse(id));
      // A number that JavaScript can't hold is compared as text.
      if (/^\d/.test(id)) expect(answer.text).toMatch(new RegExp(`"id": ?${id}[,}]`));
    },
  );

  test("refuses what no rule names", async () => {
    const session = await openSession(url);
    expect(textOf(await session.call("no_such_tool"))).toMatch(/^Policy violation: no_such_tool on recorder is denied/);
    expect(setup.recorded[transport].calls("no_such_tool")).toBe(0);
  });

  test("counts a limit for each session, and says how long to wait", async () => {
    const [first, second] = [await openSession(url), await openSession(url)];
    const before = setup.recorded[transport].calls("limited");
    for (let call = 0; call < 3; call += 1) expect(isToolError(await first.call("limited"))).toBe(false);
    const refusal = await first.call("limited");
    expect(textOf(refusal)).toMatch(
      /^Rate limit: limited on recorder allows 3 calls per 60 s in this session, one more every 20 s\. Try again in \d+ s\./,
    );
    expect(refusal.result?._meta).toMatchObject({ "regate/decision": { retry_after: expect.any(Number) } });
    expect(isToolError(await second.call("limited"))).toBe(false);
    expect(setup.recorded[transport].calls("limited") - before).toBe(4);
  });

  test("takes no more tokens than there are from calls sent at once", async () => {
    const session = await openSession(url);
    const before = setup.recorded[transport].calls("limited");
    const bodies = Array.from({ length: 12 }, (_, id) => callBody(id, "limited"));
    const answers = await Promise.all(bodies.map(async (body) => await messagesOf(await session.post(body))));
    expect(answers.flat().filter((answer) => !isToolError(answer))).toHaveLength(3);
    expect(setup.recorded[transport].calls("limited") - before).toBe(3);
  });

  test("refuses a call that needs approval while nobody has approved it", async () => {
    const session = await openSession(url);
    const refusal = await session.call("write_file", { path: "/etc/passwd", content: "" });
    expect(textOf(refusal)).toMatch(/^Approval needed: .*Approval pending, [0-9a-f-]{36}: call again/s);
    expect(setup.recorded[transport].calls("write_file")).toBe(0);
    expect(isToolError(await session.call("write_file", { path: "/open/notes", content: "" }))).toBe(false);
    expect(setup.recorded[transport].calls("write_file")).toBe(1);
  });

  test("refuses a denied resource and an unknown method with a JSON-RPC error", async () => {
    const session = await openSession(url);
    const before = setup.recorded[transport].bodies().length;
    const secret = await session.ask("resources/read", { uri: "secret://key" });
    expect(secret.error).toMatchObject({ code: 1001, message: expect.stringContaining("Secrets are not for agents") });
    expect((await session.ask("vendor/unknown", {})).error).toMatchObject({ code: 1001 });
    expect(setup.recorded[transport].bodies()).toHaveLength(before);
  });

  test("swallows a denied call that is sent as a notification", async () => {
    const session = await openSession(url);
    const answer = await session.post('{"jsonrpc":"2.0","method":"tools/call","params":{"name":"denied"}}');
    expect([202, 400]).toContain(answer.status);
    await session.call("echo");
    expect(setup.recorded[transport].calls("denied")).toBe(0);
    expect(setup.recorded[transport].bodies().join()).not.toContain('"denied"');
  });

  test("polices a task where it is created, and lets the task be followed", async () => {
    const session = await openSession(url);
    const task = { ttl: 1000 };
    const refusal = await session.ask("tools/call", { name: "denied", arguments: {}, task });
    expect(isToolError(refusal) || refusal.error !== undefined).toBe(true);
    const created = await session.ask("tools/call", { name: "echo", arguments: {}, task });
    expect(created.result).toMatchObject({ task: { taskId: "task-1" } });
    const followed = await session.ask("tasks/get", { taskId: "task-1" });
    expect(followed.result).toMatchObject({ method: "tasks/get", params: { taskId: "task-1" } });
    expect(setup.recorded[transport].calls("denied")).toBe(0);
  });
});
