// What the store does for the buckets of one call, in one step: the arithmetic of src/limits/bucket.ts and limiter.ts, in Lua,
// line for line. A test holds the two against each other.
//
// Keys, all behind the prefix: `:b:<bucket key>` is a hash with what a Bucket has in memory (u used, w windowMs, m max, a atMs,
// t takenSoFar, f flowedSoFar, p principal) and g, the take that began it; `:h:<principal>` a sorted set of the bucket keys that
// count for a principal, by the time at which each is full; `:r:<receipt>` says that a receipt was given back.
import { MAX_FLOW } from "../limits/bucket.ts";
import { SLACK } from "../limits/draws.ts";
import { makeScript, type Script, SERVER_TIME } from "./script.ts";

export type BucketScripts = { readonly take: Script; readonly refund: Script };

/** How long a bucket stays after it is full: what left early would be full early. */
const GRACE_MS = 10_000;
const LONGEST_MS = 1e15;

const SHARED = `
local function text(number) return string.format('%.17g', number) end

local function read(key)
  local row = redis.call('HMGET', key, 'u', 'w', 'a', 't', 'f', 'g', 'p', 'm')
  if not row[1] then return nil end
  return { u = tonumber(row[1]), w = tonumber(row[2]), a = tonumber(row[3]), t = tonumber(row[4]), f = tonumber(row[5]),
    g = row[6], p = row[7], m = tonumber(row[8]) }
end

local function flow(bucket) return math.min(${MAX_FLOW}, math.max(0, now - bucket.a) / bucket.w) end

local function settle(bucket)
  local back = flow(bucket)
  bucket.u = math.max(0, bucket.u - back)
  bucket.f = bucket.f + back
  bucket.a = math.max(bucket.a, now)
end

-- in whole milliseconds from now on, no more than the store can count
local function untilAfter(full)
  return string.format('%.0f', math.min(math.ceil(math.max(0, full - now)) + ${GRACE_MS}, ${LONGEST_MS}))
end

local function write(key, bucket)
  local full = bucket.a + bucket.u * bucket.w
  redis.call('HSET', key, 'u', text(bucket.u), 'w', text(bucket.w), 'a', text(bucket.a), 't', text(bucket.t), 'f', text(bucket.f),
    'g', bucket.g, 'p', bucket.p, 'm', text(bucket.m))
  redis.call('PEXPIRE', key, untilAfter(full))
  local holding = prefix .. ':h:' .. bucket.p
  redis.call('ZADD', holding, text(full), key)
  local last = redis.call('ZREVRANGE', holding, 0, 0, 'WITHSCORES')
  redis.call('PEXPIRE', holding, untilAfter(tonumber(last[2])))
end
`;

/**
 * KEYS: the buckets. ARGV: prefix, id of the take, principal, most buckets of a principal, '1' where it must not be taken
 * whatever the buckets hold; then share, windowMs and max of each bucket.
 * @returns what became of it, with the used share of each bucket before it; for a take, takenSoFar, flowedSoFar and g of each
 */
const takeText = (
  clock: string,
): string => `local prefix, id, principal, most, never = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
${clock}
${SHARED}
local buckets, fits, added = {}, never ~= '1', 0
local used = {}
for i, key in ipairs(KEYS) do
  local share, window, max = tonumber(ARGV[3 + 3 * i]), tonumber(ARGV[4 + 3 * i]), tonumber(ARGV[5 + 3 * i])
  local bucket = read(key)
  if bucket and bucket.u - flow(bucket) > 0 then
    if bucket.w ~= window then
      settle(bucket)
      bucket.w = window
      write(key, bucket)
    end
  else
    bucket = { u = 0, w = window, a = now, t = 0, f = 0, g = id, p = principal, m = max, new = true }
    added = added + 1
  end
  local before = math.max(0, bucket.u - flow(bucket))
  if before + share - 1 > ${SLACK} then fits = false end
  bucket.share, bucket.max = share, max
  buckets[i], used[i] = bucket, text(before)
end
if not fits then return { 'exhausted', used } end
if added > 0 then
  local holding = prefix .. ':h:' .. principal
  redis.call('ZREMRANGEBYSCORE', holding, '-inf', text(now))
  if redis.call('ZCARD', holding) + added > most then
    for i, bucket in ipairs(buckets) do if bucket.new then return { 'too_many_buckets', used, tostring(i - 1) } end end
  end
end
local marks = {}
for i, key in ipairs(KEYS) do
  local bucket = buckets[i]
  settle(bucket)
  bucket.u = bucket.u + bucket.share
  bucket.t = bucket.t + bucket.share
  bucket.m = bucket.max
  write(key, bucket)
  marks[i] = { text(bucket.t), text(bucket.f), bucket.g }
end
return { 'taken', used, marks }
`;

/** KEYS: the buckets. ARGV: prefix, id of the take, for how long that is known; then share, takenSoFar, flowedSoFar and g of each bucket. */
const refundText = (clock: string): string => `local prefix, id = ARGV[1], ARGV[2]
${clock}
${SHARED}
if not redis.call('SET', prefix .. ':r:' .. id, '1', 'NX', 'PX', ARGV[3]) then return 'again' end
for i, key in ipairs(KEYS) do
  local at = 4 * i
  local share, taken, flowed, begun = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
  local bucket = read(key)
  if bucket and bucket.g == begun then
    settle(bucket)
    local left = math.min(share, math.max(bucket.u - (bucket.t - taken), share - (bucket.f - flowed), 0))
    bucket.u = math.max(0, bucket.u - left)
    if bucket.u > 0 then
      write(key, bucket)
    else
      redis.call('DEL', key)
      redis.call('ZREM', prefix .. ':h:' .. bucket.p, key)
    end
  end
end
return 'given'
`;

/** @param clock Lua that sets `now`; another one than the store's own only where a test makes the time */
export function makeBucketScripts(clock = SERVER_TIME): BucketScripts {
  return { take: makeScript(takeText(clock)), refund: makeScript(refundText(clock)) };
}
