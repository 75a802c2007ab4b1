// The one gate that all ways are tried against, with a gullible server behind it over HTTP and over stdio, and keys for as
// many principals as are asked for.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { fixturePath } from "../e2e/harness-fixtures.ts";
import { type Gate, OPERATOR_KEY, startGate } from "../e2e/harness-gate.ts";
import { makeTempDir, waitFor } from "../e2e/harness-process.ts";
import { type Era, type RequestContext, requestBytes } from "./bytes.ts";
import { type Caller, openLegacy, openModern, openRelay } from "./callers.ts";
import { type Column, columnNames } from "./corpus.ts";
import { type Effects, prepareGullibleStdio, startGullibleHttp } from "./effects.ts";

/** In each column: what it is for, one key. */
const PRINCIPALS = ["main", "other", "thief", "opener", "inventor"] as const;
export type PrincipalName = (typeof PRINCIPALS)[number];

export type Stage = {
  readonly column: Column;
  readonly era: Era;
  readonly gate: Gate;
  /** The endpoint of this column, and another one. */
  readonly url: string;
  readonly otherUrl: string;
  /** What the server behind the endpoint has done; behind the other one. */
  readonly effects: Effects;
  readonly otherEffects: Effects;
  readonly bearer: (principal: PrincipalName) => { readonly authorization: string };
  /** A caller with a session of its own, where there are sessions. */
  readonly open: (principal: PrincipalName) => Promise<Caller>;
  /** Sends whole requests over one connection, and answers what comes back until it is closed or nothing more is due. */
  readonly speak: (raw: string, id: string, session: string | undefined) => Promise<string>;
  /** Has the gate's wall clock go wrong by so much. */
  readonly shiftClock: (ms: number) => Promise<void>;
};

export async function startStages(): Promise<Readonly<Record<Column, Stage>>> {
  const http = await startGullibleHttp();
  const stdio = prepareGullibleStdio();
  const clock = join(makeTempDir(), "clock");
  const keys = columnNames.flatMap((column) => PRINCIPALS.map((name) => keyEntry(column, name)));
  const gate = await startGate({
    servers: { http: { url: http.url, catalogue: "bypass" }, stdio: { ...stdio.entry, catalogue: "bypass" } },
    config: { keys, limits: { newSessions: { max: 11, window: 600 } } },
    env: { NODE_OPTIONS: `--import ${pathToFileURL(fixturePath("lib/shifted-clock.mjs"))}`, CLOCK_FILE: clock },
  });

  function stage(column: Column): Stage {
    const server = column === "server" ? "stdio" : "http";
    const url = gate.url(server);
    const bearer = (name: PrincipalName) => ({ authorization: `Bearer ${keyOf(column, name)}` });
    const era = column === "modern" ? "modern" : "legacy";
    return {
      column,
      era,
      gate,
      url,
      otherUrl: gate.url(server === "http" ? "stdio" : "http"),
      effects: server === "http" ? http : stdio,
      otherEffects: server === "http" ? stdio : http,
      bearer,
      async open(name) {
        if (column === "client") return await openRelay(gate, server, keyOf(column, name));
        return column === "modern" ? openModern(url, bearer(name)) : await openLegacy(url, bearer(name));
      },
      speak: (raw, id, session) => {
        const context: RequestContext = {
          id,
          era,
          session,
          path: `/mcp/${server}`,
          host: new URL(gate.base).host,
          key: keyOf(column, "main"),
          operatorKey: OPERATOR_KEY,
          upstream: http.url,
        };
        return speakRaw(gate.base, requestBytes(raw, context));
      },
      async shiftClock(ms) {
        writeFileSync(clock, String(ms));
        process.kill(gate.process.pid, "SIGUSR2");
        await waitFor("the gate's clock to be shifted", () => readOrNothing(`${clock}.taken`) === String(ms));
      },
    };
  }

  return { legacy: stage("legacy"), modern: stage("modern"), client: stage("client"), server: stage("server") };
}

/** Writes bytes to a port and answers what comes back: until the other side ends, once this side has. */
export async function speakRaw(base: string, bytes: Buffer): Promise<string> {
  const { hostname, port } = new URL(base);
  const socket = connect({ host: hostname, port: Number(port) });
  const chunks: string[] = [];
  socket.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
  await new Promise<void>((resolve) => {
    socket.on("close", () => resolve()).on("error", () => resolve());
    socket.end(bytes);
  });
  return chunks.join("");
}

function keyEntry(column: Column, name: PrincipalName) {
  const sha256 = createHash("sha256").update(keyOf(column, name)).digest("hex");
  return { name: `${column}-${name}`, sha256 };
}

function keyOf(column: Column, name: PrincipalName): string {
  return `rgk_${`${column}-${name}-`.padEnd(43, "x")}`;
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
