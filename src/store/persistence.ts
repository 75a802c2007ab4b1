// What the store's own settings mean for limits: one that forgets or evicts gives tokens back that were used.
import { z } from "zod";
import type { StoreLink } from "./link.ts";
import { makeScript } from "./script.ts";

const INFO = makeScript("return { redis.call('INFO', 'persistence'), redis.call('INFO', 'memory') }");

/** Says once what is wrong with the store's settings, each time that they are other ones. */
export function watchPersistence(link: Pick<StoreLink, "onUp" | "shown">, log: (line: string) => void): void {
  let said = "";
  link.onUp(async (run) => {
    let info: string;
    try {
      info = z
        .array(z.string())
        .parse(await run(INFO, [], []))
        .join("\n");
    } catch {
      // a store that tells nobody its settings is no worse for it
      return;
    }
    const problems = problemsOf(info);
    const text = problems.join("; ");
    if (text !== "" && text !== said) log(`store ${link.shown}: ${text}`);
    said = text;
  });
}

/** @param info the sections persistence and memory of INFO */
export function problemsOf(info: string): string[] {
  const fields = new Map(
    info.split(/\r?\n/).map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
  const problems: string[] = [];
  if (fields.get("aof_enabled") === "0")
    problems.push("it keeps no append-only file, so a restart of it fills every bucket; set appendonly yes");
  const policy = fields.get("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction" && fields.get("maxmemory") !== "0")
    problems.push(
      `it evicts keys when its memory is full (${policy}), which fills buckets; set maxmemory-policy noeviction`,
    );
  return problems;
}
