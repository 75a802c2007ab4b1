// Session ids that the gate issues: sealed, so that the gate keeps no table of them, and bound to one server and one
// principal. An id proves nothing about who sends it: callers authenticate first. The upstream's own id never shows.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** Whose session it is: `server` as in the URL or the catalogue, `principal` as authenticated. */
export type SessionOwner = { readonly server: string; readonly principal: string };

/** Sessions that were ended before they expired, by name; kept over restarts by whoever implements this. */
export type EndedSessions = {
  has(name: string): boolean;
  /** @param expiresUnixMs when the name may be forgotten, for its id has expired by then */
  add(name: string, expiresUnixMs: number): void;
};

export type SessionOptions = {
  /** 32 secret bytes. */
  readonly key: Uint8Array;
  readonly unixMs: () => number;
  readonly lifetimeSeconds: number;
  readonly ended: EndedSessions;
};

/** `name` is what policy, log and buckets call the session: 32 hexadecimal digits, of no use as an id. */
export type SealedSession = { readonly id: string; readonly name: string };

export type OpenedSession =
  | { readonly kind: "open"; readonly name: string; readonly upstreamId: string }
  /** To be answered with 404. `problem` is for the log: an outsider must not learn why. */
  | { readonly kind: "unknown"; readonly problem: string };

export type Sessions = {
  /**
   * @throws RangeError where the upstream's id is not sealable (see isSealable)
   * @param session `name` is that of the session which this one is part of: a new one where it is undefined
   */
  seal(session: SessionOwner & { readonly upstreamId: string; readonly name?: string | undefined }): SealedSession;
  open(id: string, owner: SessionOwner): OpenedSession;
  /** From now on the session's id is unknown. */
  end(name: string): void;
};

/** Longest id of an upstream; some are tokens of a kilobyte or two. */
export const MAX_UPSTREAM_ID_BYTES = 2_048;

/** Ids that were opened lately and need not be decrypted again; some 500 bytes each. */
const MAX_REMEMBERED = 20_000;
const MAX_REMEMBERED_CHARS = 512;

const FORMAT = "regate-session-1";
const IV_BYTES = 12;
const TAG_BYTES = 16;
const NAME_BYTES = 16;
const ISSUED_AT_BYTES = 6;
const HEAD_BYTES = NAME_BYTES + ISSUED_AT_BYTES;
const MIN_SEALED_BYTES = IV_BYTES + HEAD_BYTES + 1 + TAG_BYTES;
const MAX_ID_CHARS = Math.ceil(((MIN_SEALED_BYTES - 1 + MAX_UPSTREAM_ID_BYTES) * 4) / 3);

/** True for a session id that MCP allows (visible ASCII) and that is not too long to be sealed. */
export function isSealable(upstreamId: string): boolean {
  return upstreamId.length <= MAX_UPSTREAM_ID_BYTES && /^[\x21-\x7e]+$/.test(upstreamId);
}

/** Throws where the key is not 32 bytes long or the lifetime is not a positive number of seconds. */
export function createSessions(options: SessionOptions): Sessions {
  const { unixMs, lifetimeSeconds, ended } = options;
  if (options.key.length !== 32) throw new RangeError("the key for session ids must be 32 bytes long");
  if (!(Number.isSafeInteger(lifetimeSeconds) && lifetimeSeconds > 0))
    throw new RangeError("lifetimeSeconds must be a positive whole number");
  const key = Buffer.from(options.key);
  const unixSeconds = () => Math.floor(unixMs() / 1_000);
  /** By id; what was true of an id when it was opened stays so, but for its end. */
  const remembered = new Map<string, Opened & SessionOwner>();

  /** @returns why not, where it is no id of this gate's for this owner */
  function decipher(id: string, owner: SessionOwner): Opened | string {
    const known = remembered.get(id);
    if (known !== undefined && known.server === owner.server && known.principal === owner.principal) return known;
    const sealed = decode(id);
    if (sealed === undefined) return "it is not an id that a gate issues";
    const plain = decrypt(key, sealed, owner);
    if (plain === undefined) return "it is forged, another gate's, another server's or another principal's";
    const issuedUnixSeconds = plain.readUIntBE(NAME_BYTES, ISSUED_AT_BYTES);
    const opened = { name: nameOf(plain), upstreamId: plain.toString("ascii", HEAD_BYTES), issuedUnixSeconds };
    if (id.length <= MAX_REMEMBERED_CHARS) {
      const [oldest] = remembered.size >= MAX_REMEMBERED ? remembered.keys() : [];
      if (oldest !== undefined) remembered.delete(oldest);
      const { server, principal } = owner;
      remembered.set(id, { ...opened, server, principal });
    }
    return opened;
  }

  return {
    seal({ upstreamId, name, ...owner }) {
      if (!isSealable(upstreamId))
        throw new RangeError(`the upstream's session id is not 1 to ${MAX_UPSTREAM_ID_BYTES} visible ASCII characters`);
      const head = Buffer.alloc(HEAD_BYTES);
      if (name === undefined) randomBytes(NAME_BYTES).copy(head);
      else if (head.write(name, "hex") !== NAME_BYTES)
        throw new RangeError("a session's name is 32 hexadecimal digits");
      head.writeUIntBE(unixSeconds(), NAME_BYTES, ISSUED_AT_BYTES);
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(boundTo(owner));
      const sealed = Buffer.concat([
        iv,
        cipher.update(head),
        cipher.update(upstreamId, "ascii"),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return { id: sealed.toString("base64url"), name: nameOf(head) };
    },
    open(id, owner) {
      const opened = decipher(id, owner);
      if (typeof opened === "string") return unknown(opened);
      const { name, upstreamId, issuedUnixSeconds } = opened;
      if (unixSeconds() - issuedUnixSeconds >= lifetimeSeconds) return unknown("it has expired");
      if (ended.has(name)) return unknown("it was ended");
      return { kind: "open", name, upstreamId };
    },
    end(name) {
      ended.add(name, (unixSeconds() + lifetimeSeconds) * 1_000);
    },
  };
}

type Opened = { readonly name: string; readonly upstreamId: string; readonly issuedUnixSeconds: number };

/** The bytes of an id, or undefined where it is not the one spelling that they have in base64url. */
function decode(id: string): Buffer | undefined {
  if (id.length > MAX_ID_CHARS) return undefined;
  const sealed = Buffer.from(id, "base64url");
  if (sealed.length < MIN_SEALED_BYTES || sealed.toString("base64url") !== id) return undefined;
  return sealed;
}

function decrypt(key: Buffer, sealed: Buffer, owner: SessionOwner): Buffer | undefined {
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(boundTo(owner))
    .setAuthTag(sealed.subarray(tagAt));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, tagAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** Authenticated with each id but not part of it; as JSON, so that no two owners have the same bytes. */
function boundTo({ server, principal }: SessionOwner): Buffer {
  return Buffer.from(JSON.stringify([FORMAT, server, principal]), "utf8");
}

function nameOf(plain: Buffer): string {
  return plain.toString("hex", 0, NAME_BYTES);
}

function unknown(problem: string): OpenedSession {
  return { kind: "unknown", problem };
}
