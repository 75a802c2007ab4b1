import { rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findGate } from "../../src/cli/find-gate.ts";
import { run } from "../../src/cli/reload.ts";
import { type RunningGate, readRunningGate, writeRunningGate } from "../../src/config/running-gate.ts";
import type { Reloaded } from "../../src/http/app.ts";
import { makeProofSecret, prove } from "../../src/http/prove.ts";
import { Problem } from "../../src/problem.ts";
import { makeTempDir } from "../e2e/harness-process.ts";
import { type Front, OPERATOR_KEY, startFront } from "./front.ts";
import { startImpostor } from "./impostor.ts";

async function reload(dir: string, env: NodeJS.ProcessEnv = { REGATE_OPERATOR_KEY: OPERATOR_KEY }) {
  const printed = { stdout: "", stderr: "" };
  const code = await run([], {
    stdout: (text) => {
      printed.stdout += text;
    },
    stderr: (text) => {
      printed.stderr += text;
    },
    env,
    cwd: dir,
    stdin: () => Promise.reject(new Error("not read")),
  });
  return { code, ...printed };
}

const target = () => {};
const gateThat = (reloaded: Reloaded) => startFront({ target, reload: () => Promise.resolve(reloaded) });

describe("regate reload", () => {
  test("says which revision is in force, and which was", async () => {
    const { dir } = await gateThat({ kind: "swapped", from: "aaaaaaaaaaaa", to: "bbbbbbbbbbbb" });
    expect(await reload(dir)).toEqual({
      code: 0,
      stdout: "revision bbbbbbbbbbbb is in force, in place of aaaaaaaaaaaa\n",
      stderr: "",
    });
  });

  test("says that nothing has changed", async () => {
    const { dir } = await gateThat({ kind: "unchanged", revision: "aaaaaaaaaaaa" });
    expect(await reload(dir)).toEqual({ code: 0, stdout: "revision aaaaaaaaaaaa was in force already\n", stderr: "" });
  });

  test("fails where the gate keeps what it has, with the reason", async () => {
    const { dir } = await gateThat({
      kind: "kept",
      revision: "aaaaaaaaaaaa",
      problem: "bundles/x.tar.gz: no manifest",
    });
    expect(await reload(dir)).toEqual({
      code: 1,
      stdout: "",
      stderr: "bundles/x.tar.gz: no manifest\nrevision aaaaaaaaaaaa stays in force\n",
    });
  });

  test("reaches a gate that can't judge yet", async () => {
    const { dir } = await startFront({
      target,
      notReady: () => "no bundle",
      reload: async () => ({ kind: "unchanged", revision: "a" }),
    });
    expect(await reload(dir)).toMatchObject({ code: 0 });
  });

  test.each([
    ["no key", {}, "REGATE_OPERATOR_KEY is not set"],
    ["an empty key", { REGATE_OPERATOR_KEY: "" }, "REGATE_OPERATOR_KEY is not set"],
    [
      "another key",
      { REGATE_OPERATOR_KEY: "not-the-operator-key-at-all" },
      "REGATE_OPERATOR_KEY is not the operator key of this gate",
    ],
  ])("is refused with %s", async (_, env, problem) => {
    let reloads = 0;
    const { dir } = await startFront({
      target,
      reload: async () => {
        reloads += 1;
        return { kind: "unchanged", revision: "a" };
      },
    });
    const refused = reload(dir, env);
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toThrow(problem);
    expect(reloads).toBe(0);
  });

  test("is refused where the gate fails, or answers nothing that it should", async () => {
    const { dir } = await startFront({ target, reload: () => Promise.reject(new Error("a bug")) });
    await expect(reload(dir)).rejects.toThrow("the gate answered 500 and not what became of the bundle");
  });

  test("is refused where no gate runs, or no configuration is", async () => {
    const dir = makeTempDir();
    await expect(reload(dir)).rejects.toThrow("regate.yaml: no such file in ");
    writeFileSync(join(dir, "regate.yaml"), "servers: {}\n");
    await expect(reload(dir)).rejects.toThrow("no gate runs on regate.yaml; start it with regate serve");
  });
});

function writtenBy({ state }: Front): RunningGate {
  const gate = readRunningGate(state);
  if (gate === undefined) throw new Error("no gate");
  return gate;
}

describe("the running gate", () => {
  test("is found by its state folder, ready or not", async () => {
    const ready = await startFront({ target });
    expect(await findGate(ready.state)).toEqual({ kind: "ready", gate: readRunningGate(ready.state) });
    const unready = await startFront({ target, notReady: () => "no bundle" });
    expect(await findGate(unready.state)).toMatchObject({ kind: "unready", problem: "no bundle" });
  });

  test("is not another gate that has its port now", async () => {
    const front = await startFront({ target });
    writeRunningGate(front.state, { ...writtenBy(front), secret: makeProofSecret() });
    expect(await findGate(front.state)).toMatchObject({ kind: "stranger" });
    await expect(reload(front.dir)).rejects.toThrow("no gate runs on regate.yaml");
  });

  test("is none where its file has no secret, as older gates wrote it", async () => {
    const front = await startFront({ target });
    const { secret: _, ...old } = writtenBy(front);
    writeFileSync(join(front.state, "gate.json"), JSON.stringify(old));
    expect(await findGate(front.state)).toEqual({ kind: "none" });
  });

  test("is none once it has died, or its file is gone", async () => {
    const front = await startFront({ target });
    await front.die();
    expect(await findGate(front.state)).toEqual({ kind: "none" });
    rmSync(join(front.state, "gate.json"));
    expect(await findGate(front.state)).toEqual({ kind: "none" });
  });

  test("that listens everywhere is asked on this machine", async () => {
    for (const host of ["0.0.0.0", "::"]) {
      const front = await startFront({ target, host, reload: async () => ({ kind: "unchanged", revision: "a" }) });
      expect(await findGate(front.state)).toMatchObject({ kind: "ready", gate: { url: front.url } });
      expect(await reload(front.dir)).toMatchObject({ code: 0 });
    }
  });
});

describe("who has the port of a gate that died", () => {
  /** The state folder of a gate that is gone, and who answers in its place. */
  async function replaceGate(answer: (gate: RunningGate) => Parameters<typeof startImpostor>[1]) {
    const front = await startFront({ target });
    const gate = writtenBy(front);
    await front.die();
    return { ...front, impostor: await startImpostor(Number(new URL(front.url).port), answer(gate)) };
  }

  const nonceOf = (incoming: IncomingMessage): string =>
    new URL(incoming.url ?? "", "http://gate").searchParams.get("nonce") ?? "";
  /** Says all that the gate said to anyone, with `proof` as its proof. */
  const claims =
    (proof: (nonce: string) => unknown) =>
    ({ instance }: RunningGate) =>
    (incoming: IncomingMessage, outgoing: ServerResponse) => {
      outgoing.setHeader("regate-instance", instance);
      outgoing.end(
        JSON.stringify({ status: "ready", kind: "unchanged", revision: "a", proof: proof(nonceOf(incoming)) }),
      );
    };

  test.each([
    ["knows its instance", claims(() => undefined)],
    ["sends the nonce back", claims((nonce) => nonce)],
    ["shows a proof of another secret", claims((nonce) => prove(makeProofSecret(), { nonce, url: "http://a" }))],
    ["answers no text as a proof", claims(() => ({}))],
    ["answers no JSON", () => (_: unknown, outgoing: ServerResponse) => void outgoing.end("proof")],
    [
      "redirects",
      () => (_: unknown, outgoing: ServerResponse) => void outgoing.writeHead(307, { location: "/" }).end(),
    ],
    [
      "never stops answering",
      () => (_: unknown, outgoing: ServerResponse) => {
        const more = (): void =>
          void (outgoing.destroyed || outgoing.write("x".repeat(1_000), () => setImmediate(more)));
        more();
      },
    ],
    [
      "answers more than a proof",
      ({ secret, url }: RunningGate) =>
        (incoming: IncomingMessage, outgoing: ServerResponse) => {
          const proof = prove(secret, { nonce: nonceOf(incoming), url });
          outgoing.end(JSON.stringify({ proof, more: "x".repeat(1_000) }));
        },
    ],
    ["never answers", () => () => {}],
  ])("and %s is sent no key, and the command says what to do", async (_, answer) => {
    const { dir, url, impostor } = await replaceGate(answer);
    const refused = reload(dir);
    await expect(refused).rejects.toThrow(Problem);
    await expect(refused).rejects.toThrow(
      `no gate runs on regate.yaml: what listens at ${url} did not prove to be the gate of this configuration, and was sent no key; see what it is and end it, or choose another port (listen), then start regate serve`,
    );
    expect(impostor.asked).toEqual(["GET /v1/prove"]);
    expect(impostor.keys).toEqual([]);
  });

  test("after it has proven itself is sent no key either: that goes where the proof came from, or nowhere", async () => {
    const { dir, impostor } = await replaceGate(({ secret, url }) => (incoming, outgoing) => {
      const proof = prove(secret, { nonce: nonceOf(incoming), url });
      outgoing.writeHead(200, { connection: "close" }).end(JSON.stringify({ proof }));
    });
    await expect(reload(dir)).rejects.toThrow("no gate runs on regate.yaml");
    expect(impostor.asked).toEqual(["GET /v1/prove"]);
    expect(impostor.connections()).toBe(1);
  });

  test("between two questions is sent no key", async () => {
    let questions = 0;
    const { dir, url, impostor } = await replaceGate((gate) => (incoming, outgoing) => {
      questions += 1;
      // the gate itself up to its readiness, the impostor from then on
      const secret = questions <= 2 ? gate.secret : makeProofSecret();
      outgoing.end(JSON.stringify({ proof: prove(secret, { nonce: nonceOf(incoming), url: gate.url }) }));
    });
    await expect(reload(dir)).rejects.toThrow(`what listens at ${url} did not prove`);
    expect(impostor.asked).toEqual(["GET /v1/prove", "GET /readyz", "GET /v1/prove"]);
    expect(impostor.keys).toEqual([]);
  });
});
