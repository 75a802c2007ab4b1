// The console while agents work: what they do shows by itself, and one button stops all of them.
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { signInTo } from "./harness-browser.ts";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, operate, startGate } from "./harness-gate.ts";
import { ROOT } from "./harness-process.ts";
import { isToolError, openSession, type Session, textOf } from "./harness-wire.ts";

describe("a person who watches", () => {
  let gate: Gate;
  let session: Session;
  beforeAll(async () => {
    gate = await startGate({
      servers: { everything: { command: join(ROOT, "node_modules/.bin/mcp-server-everything") } },
      bundle: join(ROOT, "bundles/regate.tar.gz"),
    });
    session = await openSession(gate.url("everything"));
  });

  test("sees a call without touching the page, opens it and sees why it was denied", async () => {
    const { page, misdeeds } = await signInTo(gate.base, OPERATOR_KEY, "/console/decisions?tool=get-");
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByText("No decision fits").waitFor();
    await session.call("echo", { message: "not looked for" });
    await session.call("get-env", {});
    const link = page.getByRole("table").getByRole("link", { name: "get-env", exact: true });
    await link.waitFor();
    expect(await page.getByRole("table").locator("tbody tr").count()).toBe(1);
    await link.click();
    await page.getByRole("heading", { name: "get-env", level: 1 }).waitFor();
    const main = await page.locator("main").innerText();
    expect(main).toContain("Environment variables hold credentials");
    expect(main).toContain("policy/servers/everything/everything.rego:");
    expect(main).toMatch(/Decide\s*\(refused\)\s*The policy denies it/);
    expect(misdeeds).toEqual([]);
  });

  test("holds the page still, and lets it go on", async () => {
    const { page } = await signInTo(gate.base, OPERATOR_KEY, "/console/");
    await page.getByText("Live", { exact: true }).waitFor();
    const calls = page.locator(".tiles dd").first();
    const before = await calls.innerText();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused").waitFor();
    await session.call("echo", { message: "unseen" });
    expect(await calls.innerText()).toBe(before);
    await page.getByRole("button", { name: "Go on" }).click();
    await calls.filter({ hasNotText: before }).waitFor();
  });

  test("reads it all without scripts", async () => {
    await session.call("get-env", {});
    const { page } = await signInTo(gate.base, OPERATOR_KEY, "/console/", { javaScriptEnabled: false });
    expect(await page.getByRole("img", { name: /^Calls over time\. Last hour: / }).count()).toBe(1);
    await page.getByRole("link", { name: "Decisions", exact: true }).click();
    await page.getByLabel("Verdict").selectOption("denied");
    await page.getByRole("button", { name: "Filter" }).click();
    await page.getByRole("link", { name: "get-env", exact: true }).first().click();
    await page.getByRole("heading", { name: "What happened" }).waitFor();
    expect(await page.getByText("Pause").isVisible()).toBe(false);
  });
});

describe("freezing", () => {
  test("stops every call at once, lists go on, and neither a restart nor anything but a thaw ends it", async () => {
    const recorder = await startRecorder("--sessions");
    const servers = {
      recorder: { url: recorder.url },
      other: { url: recorder.url, catalogue: "recorder", mode: "observe" },
    };
    const first = await startGate({ servers });
    const agent = await openSession(first.url("recorder"));
    const observed = await openSession(first.url("other"));
    expect(isToolError(await agent.call("echo"))).toBe(false);

    const { page } = await signInTo(first.base, OPERATOR_KEY, "/console/");
    await page.getByText("Freeze", { exact: true }).click();
    await page.getByRole("button", { name: "Freeze all calls" }).click();
    await page.getByRole("region", { name: "Frozen" }).waitFor();

    const before = recorder.calls();
    for (const session of [agent, observed]) {
      const answer = await session.call("echo");
      expect(isToolError(answer)).toBe(true);
      expect(textOf(answer)).toMatch(
        /^Policy violation: echo on recorder was not called\. All calls are frozen by an operator\..*\(decision [0-9a-f-]{36}\)$/,
      );
    }
    expect((await agent.ask("tools/list", {})).result?.tools).toContainEqual(expect.objectContaining({ name: "echo" }));
    expect(recorder.calls()).toBe(before);
    expect((await operate(first, "status")).stdout).toContain("\nFROZEN: All calls, since ");
    await page.goto(`${first.base}/console/decisions?verdict=frozen`);
    await page.getByRole("link", { name: "echo", exact: true }).first().waitFor();

    await first.process.stop("SIGKILL");
    const second = await startGate({ servers, dir: first.dir });
    const after = await signInTo(second.base, OPERATOR_KEY, "/console/decisions?verdict=frozen");
    await after.page.getByRole("link", { name: "echo", exact: true }).first().waitFor();
    const again = await openSession(second.url("recorder"));
    expect(textOf(await again.call("echo"))).toContain("All calls are frozen by an operator");
    expect(await operate(second, "freeze", "--thaw", "--server", "recorder")).toMatchObject({ code: 2 });
    expect(await operate(second, "freeze", "--thaw")).toMatchObject({ code: 0, stdout: "nothing is frozen\n" });
    expect(isToolError(await again.call("echo"))).toBe(false);

    expect((await operate(second, "freeze", "--principal", "local", "--server", "recorder")).stdout).toMatch(
      /^frozen: Calls of local to recorder, since /,
    );
    expect(textOf(await again.call("echo"))).toContain("Calls of local to recorder are frozen by an operator");
  });
});

test("an agent's key opens neither the freeze route nor the stream of changes", async () => {
  const gate = await startGate({ servers: {} });
  for (const path of ["/v1/freeze", "/console/events"]) {
    const answer = await fetch(`${gate.base}${path}`, {
      method: path.startsWith("/v1") ? "POST" : "GET",
      headers: { authorization: `Bearer rgk_${"a".repeat(43)}`, "content-type": "application/json" },
      redirect: "manual",
      ...(path.startsWith("/v1") && { body: "{}" }),
    });
    expect(answer.status).toBe(401);
  }
});
