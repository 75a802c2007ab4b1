// Requests for approval in the store: one hash, in which each is its version and its text. A change is made only to the version
// that was seen, told to all gates as it is made, and read again by each gate that was away.
import { z } from "zod";
import type { Kept } from "../approvals/approval.ts";
import { askedOf, becameOf, keptSchema } from "../approvals/kept-text.ts";
import type { SharedApprovalStore, Stored, Versioned } from "../approvals/shared-ledger.ts";
import type { StoreLink } from "./link.ts";
import { makeScript, SERVER_TIME } from "./script.ts";

/** KEYS: the requests, and which of them stands for a call. */
const SHARED = `
local function split(row)
  local at = string.find(row, ' ', 1, true)
  return tonumber(string.sub(row, 1, at - 1)), string.sub(row, at + 1)
end
local function write(id, version, text)
  redis.call('HSET', KEYS[1], id, string.format('%d ', version) .. text)
  redis.call('PUBLISH', KEYS[1], string.format('%d ', version) .. text)
end
`;

/** ARGV: id, fingerprint, text. */
const ADD = makeScript(`${SHARED}${SERVER_TIME}
local standing = redis.call('HGET', KEYS[2], ARGV[2])
local row = standing and redis.call('HGET', KEYS[1], standing)
if row then
  local version, text = split(row)
  local kept = cjson.decode(text)
  local state = kept.became.state
  if (state == 'pending' or state == 'approved' or state == 'denied') and kept.asked.lapsesUnixMs > now then return row end
end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
write(ARGV[1], 1, ARGV[3])
return 1`);

/** ARGV: id, the version that was seen, text; without text nothing is written. */
const CHANGE = makeScript(`${SHARED}
local row = redis.call('HGET', KEYS[1], ARGV[1])
if not row then return 'gone' end
local version = split(row)
if version ~= tonumber(ARGV[2]) then return row end
if not ARGV[3] then return version end
write(ARGV[1], version + 1, ARGV[3])
return version + 1`);

/** ARGV: ids. */
const DROP = makeScript(`${SHARED}
for _, id in ipairs(ARGV) do
  local row = redis.call('HGET', KEYS[1], id)
  if row then
    local _, text = split(row)
    local fingerprint = cjson.decode(text).asked.fingerprint
    if redis.call('HGET', KEYS[2], fingerprint) == id then redis.call('HDEL', KEYS[2], fingerprint) end
    redis.call('HDEL', KEYS[1], id)
    redis.call('PUBLISH', KEYS[1], 'gone ' .. id)
  end
end
return 1`);

const ALL = makeScript("return redis.call('HVALS', KEYS[1])");

const reply = z.union([z.int(), z.string()]);

export function createSharedApprovals(
  link: Pick<StoreLink, "run" | "hear" | "onUp">,
  prefix: string,
): SharedApprovalStore {
  const keys = [`${prefix}:approvals`, `${prefix}:approvals:standing`];
  const [channel = ""] = keys;

  async function run(script: typeof ADD, args: readonly string[]): Promise<Stored> {
    const answer = reply.parse(await link.run(script, keys, args));
    if (typeof answer === "number") return { kind: "written", version: answer };
    return { kind: "other", now: answer === "gone" ? undefined : readRow(answer) };
  }

  return {
    add: (kept) => run(ADD, [kept.request.id, kept.fingerprint, textOf(kept)]),
    change: (kept, version) => run(CHANGE, [kept.request.id, String(version), textOf(kept)]),
    confirm: (id, version) => run(CHANGE, [id, String(version)]),
    async drop(ids) {
      await link.run(DROP, keys, ids);
    },
    watch(onChange, onAll) {
      link.hear(channel, (message) => {
        if (message.startsWith("gone ")) return onChange(message.slice("gone ".length), undefined);
        const row = readRow(message);
        onChange(row.kept.request.id, row);
      });
      link.onUp(async (runNow) => {
        const rows = z
          .array(z.string())
          .parse(await runNow(ALL, keys, []))
          .map(readRow);
        onAll(rows.sort((a, b) => a.kept.request.askedUnixMs - b.kept.request.askedUnixMs));
      });
    },
  };
}

function textOf(kept: Kept): string {
  return JSON.stringify({ id: kept.request.id, asked: askedOf(kept), became: becameOf(kept) });
}

function readRow(row: string): Versioned {
  const at = row.indexOf(" ");
  return { version: z.coerce.number().parse(row.slice(0, at)), kept: keptSchema.parse(JSON.parse(row.slice(at + 1))) };
}
