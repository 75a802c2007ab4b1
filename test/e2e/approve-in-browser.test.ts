// A person decides in the console, in a real browser, on what an agent's call waits for: approved, denied, too late, and after
// the gate was killed while it waited.
import type { Page } from "playwright-core";
import { beforeAll, describe, expect, test } from "vitest";
import { approvalIn } from "./harness-approvals.ts";
import { findBarriers, signInTo } from "./harness-browser.ts";
import { connectV1 } from "./harness-clients.ts";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, operate, startGate } from "./harness-gate.ts";
import { callBody, isToolError, messagesOf, openSession, post, textOf } from "./harness-wire.ts";

const QUEUE = "/console/approvals";
const requestFor = (page: Page, text: string) => page.getByRole("article").filter({ hasText: text });

describe("an agent's call that needs a person", () => {
  let recorder: Awaited<ReturnType<typeof startRecorder>>;
  let gate: Gate;
  const written = () => recorder.calls("write_file");

  beforeAll(async () => {
    recorder = await startRecorder("--sessions");
    gate = await startGate({ servers: { recorder: { url: recorder.url } } });
  });

  test("appears by itself, shows what it would do, and goes out once when it is approved", async () => {
    const { page, misdeeds } = await signInTo(gate.base, OPERATOR_KEY, QUEUE);
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByText("No call waits for a person.").waitFor();
    const agent = await connectV1(gate.url("recorder"));
    const before = written();
    const waiting = agent.callTool({ name: "write_file", arguments: { path: "/held/one", content: "a\u202eb\u200b" } });

    const request = requestFor(page, "/held/one");
    await request.waitFor();
    expect(await request.innerText()).toContain("Writing to /held is for a person to approve");
    expect(await request.innerText()).toContain('"content": "aU+202EbU+200B"');
    expect(await page.title()).toBe("Approvals (1) - Regate");
    expect(await findBarriers(page)).toEqual([]);
    expect(written()).toBe(before);
    await request.getByRole("button", { name: "Approve once: write_file" }).click();
    expect((await waiting).isError).not.toBe(true);
    expect(written()).toBe(before + 1);

    await page.getByText("Approved, and went out").first().waitFor();
    await page.getByText("No call waits for a person.").waitFor();
    await page.goto(`${gate.base}/console/decisions?rule=held-paths`);
    await page.getByRole("link", { name: "write_file", exact: true }).first().click();
    await page.getByText(/The operator approved it; the call was held for \d+ s\./).waitFor();
    expect(written()).toBe(before + 1);
    expect(misdeeds).toEqual([]);
  });

  test("is refused with the reason that a person gives", async () => {
    const { page } = await signInTo(gate.base, OPERATOR_KEY, QUEUE);
    const [session, other] = [await openSession(gate.url("recorder")), await openSession(gate.url("recorder"))];
    const before = written();
    const waiting = session.call("write_file", { path: "/held/two" });
    const request = requestFor(page, "/held/two");
    await request.waitFor();
    await request.getByPlaceholder("Why not? The agent is told.").fill("The nightly job does that");
    // what is being written stays, whatever happens beside it
    await other.call("echo");
    await other.call("write_file", { path: "/etc/beside" });
    await requestFor(page, "/etc/beside").waitFor();
    await request.getByRole("button", { name: "Deny: write_file" }).click();
    expect(textOf(await waiting)).toMatch(
      /^Approval denied: a person denied write_file on recorder\. The nightly job does that\./,
    );
    await page.getByText("by operator: The nightly job does that").waitFor();
    expect(written()).toBe(before);
  });

  test("is refused when nobody decides in time, and can't be approved afterwards", async () => {
    const { page } = await signInTo(gate.base, OPERATOR_KEY, QUEUE);
    const session = await openSession(gate.url("recorder"));
    const before = written();
    const refused = await session.call("write_file", { path: "/lapsing/three" });
    expect(textOf(refused)).toContain("nobody decided within 1 s");
    await page.goto(`${gate.base}${QUEUE}/${approvalIn(refused).id}`);
    await page.getByText("Lapsed: nobody decided in time").waitFor();
    expect(await page.getByRole("button", { name: /Approve/ }).count()).toBe(0);
    expect(written()).toBe(before);
  });

  test("that was approved without scripts goes out when it comes again", async () => {
    const session = await openSession(gate.url("recorder"));
    const before = written();
    approvalIn(await session.call("write_file", { path: "/etc/four" }));
    const { page } = await signInTo(gate.base, OPERATOR_KEY, QUEUE, { javaScriptEnabled: false });
    await requestFor(page, "/etc/four").getByRole("button", { name: "Approve once: write_file" }).click();
    await page.getByText("by operator").first().waitFor();
    expect(isToolError(await session.call("write_file", { path: "/etc/four" }))).toBe(false);
    expect(written()).toBe(before + 1);
    expect(approvalIn(await session.call("write_file", { path: "/etc/four" })).state).toBe("pending");
  });

  test("does not go out where all was frozen while it waited, and does once it is thawed", async () => {
    const { page } = await signInTo(gate.base, OPERATOR_KEY, QUEUE);
    const session = await openSession(gate.url("recorder"));
    const before = written();
    const waiting = session.call("write_file", { path: "/held/five" });
    const request = requestFor(page, "/held/five");
    await request.waitFor();
    expect((await operate(gate, "freeze")).code).toBe(0);
    await request.getByRole("button", { name: "Approve once: write_file" }).click();
    expect(textOf(await waiting)).toContain("All calls are frozen by an operator");
    expect(written()).toBe(before);
    expect((await operate(gate, "freeze", "--thaw")).code).toBe(0);
    expect(isToolError(await session.call("write_file", { path: "/held/five" }))).toBe(false);
    expect(written()).toBe(before + 1);
  });
});

test("a call whose gate is killed while it waits is approved after the start, and goes out once", async () => {
  const recorder = await startRecorder("--sessions");
  const servers = { recorder: { url: recorder.url } };
  const first = await startGate({ servers });
  const session = await openSession(first.url("recorder"));
  const waiting = session.call("write_file", { path: "/held/killed" }).catch(() => "cut");
  const before = await signInTo(first.base, OPERATOR_KEY, QUEUE);
  await requestFor(before.page, "/held/killed").waitFor();
  await first.process.stop("SIGKILL");
  expect(await waiting).toBe("cut");

  const second = await startGate({ servers, dir: first.dir });
  const { page } = await signInTo(second.base, OPERATOR_KEY, QUEUE);
  const request = requestFor(page, "/held/killed");
  expect(await request.count()).toBe(1);
  await request.getByRole("button", { name: "Approve once: write_file" }).click();
  await page.getByText("by operator").first().waitFor();
  expect(recorder.calls("write_file")).toBe(0);
  const call = async () => {
    const answer = await post(
      second.url("recorder"),
      callBody(1, "write_file", { path: "/held/killed" }),
      session.headers,
    );
    return (await messagesOf(answer)).find(({ id }) => id === 1) ?? {};
  };
  expect(isToolError(await call())).toBe(false);
  expect(recorder.calls("write_file")).toBe(1);

  const again = call();
  await page.goto(`${second.base}${QUEUE}`);
  await requestFor(page, "/held/killed").waitFor();
  expect(recorder.calls("write_file")).toBe(1);
  await requestFor(page, "/held/killed").getByPlaceholder("Why not? The agent is told.").fill("Once is enough");
  await page.getByRole("button", { name: "Deny: write_file" }).click();
  expect(textOf(await again)).toContain("Once is enough");
  expect(recorder.calls("write_file")).toBe(1);
});
