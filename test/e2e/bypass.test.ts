// The bypass corpus, each way in each column, against one gate: nothing that the policy refuses may be done by the server. And
// each way without the gate, where it must be done: else it would show nothing.
import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { messageBytes, modernHeaders, type RequestContext, requestBytes } from "../bypass/bytes.ts";
import { type Caller, openLegacy, openModern } from "../bypass/callers.ts";
import {
  type Column,
  columnNames,
  type PlayWay,
  type RawWay,
  readCorpus,
  reasonAgainst,
  type Way,
} from "../bypass/corpus.ts";
import { type Effect, type Effects, prepareGullibleStdio, startGullibleHttp } from "../bypass/effects.ts";
import { HIDDEN_TEXT } from "../bypass/plays/hidden.ts";
import { plays } from "../bypass/plays/plays.ts";
import { type Stage, speakRaw, startStages } from "../bypass/stage.ts";
import { OPERATOR_KEY, startGate } from "./harness-gate.ts";
import { run } from "./harness-process.ts";
import { callBody, post } from "./harness-wire.ts";

type MessageLike = Exclude<Way, RawWay | PlayWay>;
const isMessage = (way: Way): way is MessageLike => "send" in way;
const isRaw = (way: Way): way is RawWay => "raw" in way;
const isPlay = (way: Way): way is PlayWay => "play" in way;

const corpus = readCorpus();
const triedIn = (column: Column) => {
  const areas = corpus.map(({ area, ways }) => ({
    area,
    ways: ways.filter((way) => reasonAgainst(way, column) === undefined),
  }));
  return areas.filter(({ ways }) => ways.length > 0).map(({ area, ways }) => [area, ways] as const);
};
const playsIn = (column: Column) =>
  triedIn(column)
    .flatMap(([, ways]) => ways)
    .filter(isPlay)
    .map((way) => [way.id, way] as const);

describe("the bypass corpus", () => {
  let stages: Readonly<Record<Column, Stage>>;

  beforeAll(async () => {
    stages = await startStages();
  });

  describe.each(columnNames)("over %s", (column) => {
    let stage: Stage;
    let main: Caller;
    /** Of its own: one way ends it. */
    let rawSession: string | undefined;

    beforeAll(async () => {
      stage = stages[column];
      main = await stage.open("main");
      if (main.session !== undefined) rawSession = (await stage.open("main")).session?.id;
    });

    /** What must not have come of a way. */
    const wrong = (way: Way, mark: number): readonly Effect[] => {
      const own = way.effect === "any" ? stage.effects.all().filter(({ id }) => id === way.id) : [];
      return [...stage.effects.forbidden(mark), ...own];
    };

    test("an allowed call is carried out, or nothing below shows anything", async () => {
      const mark = stage.effects.all().length;
      await main.call("echo", { amount: 500, days: 0, name: "denied" });
      expect(stage.effects.all().slice(mark)).toMatchObject([{ did: "echo" }]);
    });

    test.each(triedIn(column).filter(([, ways]) => !ways.every(isPlay)))("nothing is done: %s", async (_area, ways) => {
      const done: unknown[] = [];
      for (const way of ways) {
        const mark = stage.effects.all().length;
        if (isRaw(way)) await stage.speak(way.raw, way.id, rawSession);
        if (isMessage(way)) await main.send(messageBytes(way, { id: way.id, era: stage.era }), way);
        const effects = wrong(way, mark);
        if (effects.length > 0) done.push({ way: way.id, effects });
      }
      expect(done).toEqual([]);
    });

    test.each(playsIn(column))("nothing is done: %s", async (_id, way) => {
      const mark = stage.effects.all().length;
      const play = plays.get(way.play);
      if (play === undefined) throw new Error(`there is no play ${way.play}`);
      await play(stage, main);
      expect(wrong(way, mark)).toEqual([]);
    });

    test("nothing that is forbidden was done later, and the same caller is still served", async () => {
      const mark = stage.effects.all().length;
      await main.call("echo");
      expect(stage.effects.all().slice(mark)).toMatchObject([{ did: "echo" }]);
      expect(stage.effects.forbidden()).toEqual([]);
      expect(main.heard()).not.toContain(HIDDEN_TEXT);
    });
  });
});

/** The same with its tools' names as they are at the endpoint of all servers. */
function underServer(text: string): string {
  return text
    .replace(/(<<(?:call|length|chunk\S*|post) )(\w+)/g, "$1http__$2")
    .replace(/("[^"<>{}]{0,12}name"\s*:\s*")/gi, "$1http__");
}

describe("at the endpoint of all servers", () => {
  test.each(["legacy", "modern"] as const)("nothing is done, by the server's names or its own: %s", async (era) => {
    const http = await startGullibleHttp();
    const key = `rgk_${"all-servers-".padEnd(43, "x")}`;
    const keys = [{ name: "main", sha256: createHash("sha256").update(key).digest("hex") }];
    const gate = await startGate({ servers: { http: { url: http.url, catalogue: "bypass" } }, config: { keys } });
    const url = `${gate.base}/mcp`;
    const bearer = { authorization: `Bearer ${key}` };
    const main = era === "modern" ? openModern(url, bearer) : await openLegacy(url, bearer);
    const raw = era === "modern" ? main : await openLegacy(url, bearer);
    await main.call("http__echo", { amount: 500, days: 0, name: "http__denied" });
    expect(http.all()).toMatchObject([{ did: "echo" }]);
    const context: RequestContext = {
      id: "raw",
      era,
      session: raw.session?.id,
      path: "/mcp",
      host: new URL(gate.base).host,
      key,
      operatorKey: OPERATOR_KEY,
      upstream: http.url,
    };
    const done: unknown[] = [];
    for (const way of triedIn(era).flatMap(([, ways]) => ways)) {
      const mark = http.all().length;
      if (isRaw(way)) {
        for (const text of [way.raw, underServer(way.raw)])
          await speakRaw(gate.base, requestBytes(text, { ...context, id: way.id }));
      } else if (isMessage(way)) {
        const under = { ...way, send: underServer(way.send), name: `http__${way.name}` };
        for (const one of [way, under]) await main.send(messageBytes(one, { id: way.id, era }), one);
      }
      const own = way.effect === "any" ? http.all().filter(({ id }) => id === way.id) : [];
      const effects = [...http.forbidden(mark), ...own];
      if (effects.length > 0) done.push({ way: way.id, effects });
    }
    expect(done).toEqual([]);
    const mark = http.all().length;
    await main.call("http__echo");
    expect(http.all().slice(mark)).toMatchObject([{ did: "echo" }]);
    expect(main.heard()).not.toContain(HIDDEN_TEXT);
  });
});

describe("without a gate", () => {
  let http: Effects & { readonly url: string };

  beforeAll(async () => {
    http = await startGullibleHttp();
  });

  const hasEffect = (way: Way, mark: number) =>
    way.effect === "any" ? http.all().length > mark : http.forbidden(mark).length > 0;

  test.each(["legacy", "modern"] as const)(
    "each message and each request has its effect over HTTP, %s",
    async (era) => {
      const silent: string[] = [];
      for (const way of triedIn(era).flatMap(([, ways]) => ways)) {
        const mark = http.all().length;
        if (isMessage(way)) {
          const said = era === "modern" ? modernHeaders(way.method, way.name) : {};
          const url = way.query === "" ? http.url : `${http.url}?${way.query}`;
          await post(url, messageBytes(way, { id: way.id, era }), { ...said, ...way.headers });
          if (!hasEffect(way, mark)) silent.push(way.id);
        }
        if (isRaw(way)) {
          const context = {
            id: way.id,
            era,
            path: "/mcp",
            host: new URL(http.url).host,
            key: "rgk",
            operatorKey: "rgo",
          };
          await speakRaw(http.url, requestBytes(way.raw, { ...context, session: "s", upstream: http.url }));
          if (hasEffect(way, mark) !== (way.unheard === undefined)) silent.push(way.id);
        }
      }
      expect(silent).toEqual([]);
    },
  );

  test("each message has its effect over stdio", async () => {
    const stdio = prepareGullibleStdio();
    const server = run(stdio.entry.command, stdio.entry.args);
    const tried = [...triedIn("client"), ...triedIn("server")].flatMap(([, ways]) => ways);
    const messages = [...new Set(tried)].filter(isMessage);
    for (const way of messages) {
      server.stdin.write(Buffer.concat([messageBytes(way, { id: way.id, era: "legacy" }), Buffer.from("\n")]));
      server.stdin.write(`${callBody(`after ${way.id}`, "echo")}\n`);
    }
    server.stdin.end();
    await server.exited;
    const heard = new Set<string>();
    let since: string[] = [];
    for (const { did, id } of stdio.all()) {
      if (id?.startsWith("after ") !== true) since.push(did);
      else {
        if (since.some((what) => what !== "echo")) heard.add(id.slice("after ".length));
        since = [];
      }
    }
    expect(messages.filter(({ id }) => !heard.has(id)).map(({ id }) => id)).toEqual([]);
  });

  test("the gullible server finds no effect in what is allowed", async () => {
    const mark = http.all().length;
    await post(http.url, callBody("allowed", "echo", { amount: 500, tool: "denied", days: 0 }));
    await post(http.url, callBody("allowed", "pay", { amount: 100 }));
    await post(http.url, callBody("allowed", "prune", { days: 1 }));
    expect(http.forbidden(mark)).toEqual([]);
  });
});
