// The sessions of the pairings: which are played, and what one of them asks of its client.
import type { Drive, Job, Seen } from "./job.ts";
import {
  CLIENTS,
  type ClientKind,
  type Meeting,
  meetingsOf,
  SERVERS,
  type ServerKind,
  type Transport,
} from "./kinds.ts";
import type { Stage } from "./start.ts";

/** What the client speaks to the gate (over stdio it starts `regate stdio`), and what the gate speaks to the server. */
export type Mix = { readonly spoken: Transport; readonly served: Transport };
export type Cell = Mix & { readonly client: ClientKind; readonly server: ServerKind; readonly meeting: Meeting };
export type Outcome = Seen | Error;

/** All mixes but the one in which each client meets each server. */
export const MIXES: readonly Mix[] = [
  { spoken: "http", served: "stdio" },
  { spoken: "stdio", served: "http" },
  { spoken: "stdio", served: "stdio" },
];
/** Moves the clients along from one mix to the next, so that other ones meet. */
const STEP = 3;

/** Each client with each server over HTTP, in every revision that both have. */
export const PAIRS: readonly Cell[] = everyCell([{ spoken: "http", served: "http" }]);

/** In every other mix of transports each server with one client, in the newest revision that both have; each client comes up. */
export const MIXED: readonly Cell[] = MIXES.flatMap((mix, at) =>
  SERVERS.map((server: ServerKind, index) => {
    const candidates = CLIENTS.filter((client) => speaks(client, mix.spoken) && meetingsOf(client, server).length > 0);
    const client = candidates[(index + at * STEP) % candidates.length];
    const meeting = client === undefined ? undefined : meetingsOf(client, server).at(-1);
    if (client === undefined || meeting === undefined) throw new Error(`nobody meets ${server.key}`);
    return { ...mix, client, server, meeting };
  }),
);

/** The whole product. */
export const ALL: readonly Cell[] = everyCell([{ spoken: "http", served: "http" }, ...MIXES]);

function everyCell(mixes: readonly Mix[]): readonly Cell[] {
  return CLIENTS.flatMap((client) =>
    mixes
      .filter(({ spoken }) => speaks(client, spoken))
      .flatMap((mix) =>
        SERVERS.flatMap((server) => meetingsOf(client, server).map((meeting) => ({ ...mix, client, server, meeting }))),
      ),
  );
}

function speaks(client: ClientKind, transport: Transport): boolean {
  return client.transports.includes(transport);
}

/** Plays the cells of one client, one after the other. */
export async function play(stage: Stage, cells: readonly Cell[], drive: Drive): Promise<Map<Cell, Outcome>> {
  const outcomes = new Map<Cell, Outcome>();
  for (const cell of cells) outcomes.set(cell, await drive(jobFor(stage, cell)).catch(asError));
  return outcomes;
}

export function jobFor(stage: Stage, { spoken, served, server, meeting }: Omit<Cell, "client">): Job {
  return {
    endpoint: stage.endpoint(server, spoken, served),
    version: meeting.offers,
    allowed: { tool: "echo", args: { message: MESSAGE } },
    denied: { tool: deniedTool(server), args: {} },
  };
}

/** With what a careless hand would change: quotes, a line end, text beyond ASCII. */
export const MESSAGE = 'grüße "quoted"\n€ 漢字';

export function deniedTool(server: ServerKind): string {
  return server.key === "everything" ? "get-env" : "forbidden";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
