// The requests that went out of late, by session and id: what a stream that is resumed answers is judged as the answer to the
// call that it answers. Bounded; what is not known here, or under an id that two different calls had, is not vouched for.
import type { About } from "./answers.ts";

const MAX_CALLS = 5_000;
const MAX_CHARACTERS = 16_777_216;

export interface RecentCalls {
  add(id: string | number, about: About): void;
  /** @returns undefined for what is not known, or not for certain */
  find(session: string, id: string | number): About | undefined;
}

type Entry = { readonly about: About | undefined; readonly characters: number };

export function createRecentCalls(): RecentCalls {
  const calls = new Map<string, Entry>();
  let characters = 0;
  const nameOf = (session: string, id: string | number): string => JSON.stringify([session, String(id)]);

  function remove(name: string): Entry | undefined {
    const entry = calls.get(name);
    calls.delete(name);
    characters -= entry?.characters ?? 0;
    return entry;
  }

  return {
    add(id, about) {
      const name = nameOf(about.session, id);
      const before = remove(name);
      const isOther = before !== undefined && !(before.about !== undefined && isSame(before.about, about));
      const length = isOther ? 0 : name.length + (about.args?.text.length ?? 0) + (about.params?.text.length ?? 0);
      calls.set(name, { about: isOther ? undefined : about, characters: length });
      characters += length;
      for (const [oldest] of calls) {
        if (calls.size <= MAX_CALLS && characters <= MAX_CHARACTERS) break;
        remove(oldest);
      }
    },
    find: (session, id) => calls.get(nameOf(session, id))?.about,
  };
}

function isSame(a: About, b: About): boolean {
  return (
    a.method === b.method && a.tool === b.tool && a.args?.text === b.args?.text && a.params?.text === b.params?.text
  );
}
