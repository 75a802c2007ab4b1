// The calls that are held for a person, one table for each endpoint: a client may cancel one, and answers what the gate
// itself asked it meanwhile. Such an answer decides nothing, and never reaches the server.
import type { ClientNotification, ClientResponse } from "./jsonrpc.ts";
import { cancelledBy } from "./stdio-flights.ts";
import { type IdKey, keyOf } from "./stdio-route.ts";

/** Questions of the gate's own whose answers are still awaited; a forgotten one's goes to the server, which did not ask. */
const MAX_ASKED = 10_000;
/** Cancellations that found no call held: one may be held yet that was not when they came. */
const MAX_CANCELLED = 1_000;

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
  const cancelled = new Set<string>();
  const nameOf = (session: string, key: IdKey): string => JSON.stringify([session, key]);
  return {
    add(session, id, leave) {
      const name = nameOf(session, keyOf(id));
      const leaving = held.get(name) ?? new Set();
      held.set(name, leaving);
      leaving.add(leave);
      if (cancelled.delete(name)) leave();
      return () => {
        leaving.delete(leave);
        if (leaving.size === 0 && held.get(name) === leaving) held.delete(name);
      };
    },
    cancel(session, notification) {
      const key = cancelledBy(notification);
      if (key === undefined) return false;
      const name = nameOf(session, key);
      const leaving = held.get(name);
      if (leaving === undefined) addBounded(cancelled, name, MAX_CANCELLED);
      for (const leave of [...(leaving ?? [])]) leave();
      return leaving !== undefined;
    },
    asked: (session, id) => addBounded(asked, nameOf(session, keyOf(id)), MAX_ASKED),
    takes: (session, { id }) => asked.delete(nameOf(session, keyOf(id))),
  };
}

/** The oldest makes room. */
function addBounded(names: Set<string>, name: string, max: number): void {
  const [oldest] = names;
  if (names.size >= max && oldest !== undefined) names.delete(oldest);
  names.add(name);
}
