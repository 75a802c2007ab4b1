// The calls that are held for a person, one table for each endpoint: a client may cancel one, and answers what the gate
// itself asked it meanwhile. Such an answer decides nothing, and never reaches the server.
import type { ClientNotification, ClientResponse } from "./jsonrpc.ts";
import { cancelledBy } from "./stdio-flights.ts";
import { type IdKey, keyOf } from "./stdio-route.ts";

/** Questions of the gate's own whose answers are still awaited; a forgotten one's goes to the server, which did not ask. */
const MAX_ASKED = 10_000;

export interface Holds {
  /** @param leave ends the hold @returns what takes it off the table */
  add(session: string, id: string | number, leave: () => void): () => void;
  /** True where the notification cancels a call that is held: it is left, and the server has never heard of it. */
  cancel(session: string, notification: ClientNotification): boolean;
  /** The gate has asked the client of the session something, under this id. */
  asked(session: string, id: string): void;
  /** True where the response answers the gate. */
  takes(session: string, response: ClientResponse): boolean;
}

export function createHolds(): Holds {
  const held = new Map<string, Set<() => void>>();
  const asked = new Set<string>();
  const nameOf = (session: string, key: IdKey): string => JSON.stringify([session, key]);
  return {
    add(session, id, leave) {
      const name = nameOf(session, keyOf(id));
      const leaving = held.get(name) ?? new Set();
      held.set(name, leaving);
      leaving.add(leave);
      return () => {
        leaving.delete(leave);
        if (leaving.size === 0 && held.get(name) === leaving) held.delete(name);
      };
    },
    cancel(session, notification) {
      const key = cancelledBy(notification);
      const leaving = key === undefined ? undefined : held.get(nameOf(session, key));
      for (const leave of [...(leaving ?? [])]) leave();
      return leaving !== undefined;
    },
    asked(session, id) {
      const [oldest] = asked;
      if (asked.size >= MAX_ASKED && oldest !== undefined) asked.delete(oldest);
      asked.add(nameOf(session, keyOf(id)));
    },
    takes: (session, { id }) => asked.delete(nameOf(session, keyOf(id))),
  };
}
