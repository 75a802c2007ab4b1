// Each person is somebody else at one server: sign-ins by the command, a real browser's way back, a real authorization server and an
// MCP server that says whom it sees. Who has not signed in is told so, and nothing of it reaches the server.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makeKey } from "../../src/http/bearer.ts";
import { browse, startSignInServer } from "../credentials/sign-in-support.ts";
import { connectV1 } from "./harness-clients.ts";
import { startRecorder } from "./harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, operate, startGate } from "./harness-gate.ts";
import { ROOT, run, runToEnd, waitFor } from "./harness-process.ts";
import { callBody, messagesOf, modernRequest, openSession, post, send, textOf } from "./harness-wire.ts";

const KEYS = { ann: makeKey("rgk"), ben: makeKey("rgk"), carol: makeKey("rgk") } as const;
type Name = keyof typeof KEYS;
const NOT_SIGNED_IN = /carol has not signed in to notes, .*: run regate connect notes/;

let upstream: Awaited<ReturnType<typeof startSignInServer>>;
let shared: Awaited<ReturnType<typeof startRecorder>>;
let gate: Gate;

beforeAll(async () => {
  upstream = await startSignInServer();
  shared = await startRecorder("--sessions", "--answer", "json");
  gate = await startGate({
    servers: {
      notes: { url: upstream.url, catalogue: "recorder", oauth: { perPrincipal: true } },
      shared: { url: shared.url, catalogue: "recorder" },
      files: { command: process.execPath, args: ["-e", ""] },
    },
    config: {
      keys: Object.entries(KEYS).map(([name, key]) => ({
        name,
        sha256: createHash("sha256").update(key).digest("hex"),
      })),
    },
  });
});

const bearer = (name: Name) => ({ authorization: `Bearer ${KEYS[name]}` });
const command = (...args: readonly string[]) => [join(ROOT, "dist/main.js"), "connect", "-c", gate.configFile, ...args];
const options = (name: Name | undefined) => ({
  cwd: gate.dir,
  env: { REGATE_API_KEY: name === undefined ? "" : KEYS[name] },
});
const connect = (name: Name | undefined, ...args: readonly string[]) =>
  runToEnd(process.execPath, command(...args), options(name));

/** As a person does it: the command, the browser, and back. */
async function signIn(name: Name, login: string = name) {
  const started = run(process.execPath, command("notes"), options(name));
  const url = await waitFor("the URL to sign in at", () => /^ {2}(http\S+)$/m.exec(started.stderr())?.[1]);
  const back = await browse(url, login);
  const shown = await (await fetch(back)).text();
  return { started, exit: await started.exited, back, shown };
}

describe("regate connect", () => {
  test("signs two people in, and the server sees each as who it is; the third is refused before anything is sent", async () => {
    const ann = await signIn("ann");
    expect(ann.exit.code).toBe(0);
    expect(ann.started.stdout()).toBe("ann is signed in to notes\n");
    expect(ann.shown).toContain("You can close this window");
    expect((await signIn("ben", "benjamin")).exit.code).toBe(0);

    const one = await openSession(gate.url("notes"), bearer("ann"));
    const other = await connectV1(gate.url("notes"), bearer("ben"));
    expect(textOf(await one.call("echo"))).toBe("you are ann");
    expect(await other.callTool({ name: "echo", arguments: {} })).toMatchObject({
      content: [{ text: "you are benjamin" }],
    });
    // one's session is none of the other's
    const stolen = await post(gate.url("notes"), callBody(9, "echo"), { ...one.headers, ...bearer("ben") });
    expect(stolen.status).toBe(404);
    // the gate's own tools/list too went out as who called
    expect((await upstream.seen()).messages).toContain("ann tools/list");
    expect((await upstream.seen()).messages).toContain("benjamin tools/list");

    const before = await upstream.seen();
    await expect(openSession(gate.url("notes"), bearer("carol"))).rejects.toThrow(NOT_SIGNED_IN);
    await expect(connectV1(gate.url("notes"), bearer("carol"))).rejects.toThrow(NOT_SIGNED_IN);
    const { body, headers } = modernRequest(2, "tools/list");
    const [modern] = await messagesOf(await post(gate.url("notes"), body, { ...headers, ...bearer("carol") }));
    expect(modern).toMatchObject({ id: 2, error: { code: 1005, message: expect.stringMatching(NOT_SIGNED_IN) } });
    const [called] = await messagesOf(await post(gate.url("notes"), callBody(1, "echo"), bearer("carol")));
    expect(called).toMatchObject({ id: 1, error: { code: 1005, message: expect.stringMatching(NOT_SIGNED_IN) } });
    for (const method of ["GET", "DELETE"] as const) {
      const answer = await send(gate.url("notes"), method, { ...bearer("carol"), accept: "text/event-stream" });
      expect(answer).toMatchObject({ status: 403, text: expect.stringMatching(NOT_SIGNED_IN) });
    }
    // at other servers carol is as welcome as ever, at the endpoint of all of them too
    expect((await openSession(gate.url("shared"), bearer("carol"))).id).toBeDefined();
    const tools = async (name: Name) =>
      JSON.stringify((await (await openSession(`${gate.base}/mcp`, bearer(name))).ask("tools/list")).result);
    expect(await tools("carol")).toContain("shared__echo");
    expect(await tools("carol")).not.toContain("notes__echo");
    expect(await upstream.seen()).toEqual(before);
    expect(await tools("ann")).toContain("notes__echo");
    const all = await openSession(`${gate.base}/mcp`, bearer("ann"));
    expect(textOf(await all.call("notes__echo"))).toBe("you are ann");
  });

  test("a code that was used brings nothing, nor does what another page sends", async () => {
    const started = run(process.execPath, command("notes"), options("carol"));
    const url = await waitFor("the URL to sign in at", () => /^ {2}(http\S+)$/m.exec(started.stderr())?.[1]);
    const back = await browse(url, "carol");
    const forged = new URL(back);
    forged.searchParams.set("state", "another-sign-in-of-the-attacker");
    expect((await fetch(forged)).status).toBe(400);
    expect((await fetch(new URL("/other", back))).status).toBe(404);
    const twice = new URL(back);
    twice.searchParams.append("code", "another");
    expect((await fetch(twice)).status).toBe(400);
    expect((await fetch(back)).status).toBe(200);
    expect((await started.exited).code).toBe(0);

    const { grants } = await upstream.seen();
    const body = { state: back.searchParams.get("state"), code: back.searchParams.get("code") };
    for (const [name, problem] of [
      ["carol", "was used already"],
      ["ann", "no sign-in of this state"],
    ] as const) {
      const replayed = await send(
        `${gate.base}/v1/connections/notes/finish`,
        "POST",
        { ...bearer(name), "content-type": "application/json" },
        JSON.stringify(body),
      );
      expect(replayed).toMatchObject({ status: 400, text: expect.stringContaining(problem) });
    }
    expect((await upstream.seen()).grants).toEqual(grants);
  });

  test("a person who says no is told so, and nothing has changed", async () => {
    const started = run(process.execPath, command("notes"), options("ann"));
    const url = await waitFor("the URL to sign in at", () => /^ {2}(http\S+)$/m.exec(started.stderr())?.[1]);
    const { searchParams } = new URL(url);
    const back = new URL(searchParams.get("redirect_uri") ?? "");
    back.searchParams.set("state", searchParams.get("state") ?? "");
    back.searchParams.set("error", "access_denied");
    await fetch(back);
    expect((await started.exited).code).toBe(2);
    expect(started.stderr()).toContain("the sign-in to notes was refused (access_denied); nothing has changed");
  });

  test("a token that expires is renewed; one that the server refuses, and that nothing renews, ends the sign-in", async () => {
    await upstream.behave({ lifetime: 0.2 });
    await signIn("ann");
    await upstream.behave({ lifetime: 3600, refreshes: false });
    const refreshes = async () => (await upstream.seen()).grants.includes("refresh_token");
    const session = await openSession(gate.url("notes"), bearer("ann"));
    while (!(await refreshes())) expect(textOf(await session.call("echo"))).toBe("you are ann");
    expect(textOf(await session.call("echo"))).toBe("you are ann");

    await signIn("ann", "ann-again");
    const again = await openSession(gate.url("notes"), bearer("ann"));
    expect(textOf(await again.call("echo"))).toBe("you are ann-again");
    await upstream.behave({ revoke: "all" });
    const [over] = await messagesOf(await again.post(callBody(7, "echo")));
    expect(over?.error).toMatchObject({ code: 1002, message: expect.stringContaining("run regate connect notes") });
    const before = await upstream.seen();
    const [refused] = await messagesOf(await again.post(callBody(8, "echo")));
    expect(refused?.error).toMatchObject({ code: 1005, message: expect.stringContaining("ann has not signed in") });
    expect(await upstream.seen()).toEqual(before);
    await signIn("ann", "ann-once-more");
    expect(textOf(await (await openSession(gate.url("notes"), bearer("ann"))).call("echo"))).toBe(
      "you are ann-once-more",
    );
  });

  test("--list says where one is signed in, and --remove signs out, one alone", async () => {
    expect((await signIn("ben")).exit.code).toBe(0);
    const listed = await connect("ben", "--list", "--json");
    expect(JSON.parse(listed.stdout)).toEqual([
      { server: "notes", connected: true, since: expect.stringMatching(/Z$/), scope: "notes" },
    ]);
    expect((await connect("ben", "notes", "--remove")).stdout).toBe("ben is signed out of notes\n");
    expect((await connect("ben", "notes", "--remove")).stderr).toContain("ben is not signed in to notes");
    expect((await connect("ben", "--list")).stdout).toBe("notes  not signed in: regate connect notes\n");
    await expect(openSession(gate.url("notes"), bearer("ben"))).rejects.toThrow(/ben has not signed in to notes/);
    expect(textOf(await (await openSession(gate.url("notes"), bearer("ann"))).call("echo"))).toMatch(/^you are ann/);
  });

  test("no token or code is in the state, the logs, the status or the console", async () => {
    const operator = { authorization: `Bearer ${OPERATOR_KEY}` };
    const pages = ["/v1/status", "/console/", "/console/catalogue", "/console/decisions", "/metrics"];
    const shown = await Promise.all(
      pages.map(async (path) => (await send(`${gate.base}${path}`, "GET", operator)).text),
    );
    const listed = await send(`${gate.base}/v1/connections`, "GET", bearer("ann"));
    const state = join(gate.dir, ".regate");
    const files = readdirSync(state)
      .filter((name) => !name.endsWith("-shm"))
      .map((name) => readFileSync(join(state, name), "latin1"));
    const { stdout } = await operate(gate, "status");
    const said = [...shown, listed.text, ...files, stdout, gate.process.stdout(), gate.process.stderr()].join("\n");
    expect(said).toContain("ann is signed in");
    const { secrets } = await upstream.seen();
    expect(secrets.length).toBeGreaterThan(6);
    for (const secret of secrets) expect(said).not.toContain(secret);
    // the operator is nobody who signs in
    expect((await send(`${gate.base}/v1/connections`, "GET", operator)).status).toBe(401);
  });
});
