// Addresses: what `listen` says, and which hosts are this machine's own loopback. Pure: no name is ever resolved, so that a
// DNS answer can't make an address local.
import { isIP } from "node:net";

export type Listen = {
  /** A name or an address; an IPv6 address without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
};

/** Reads `host:port`, `[::1]:port`; undefined where it is neither. */
export function parseListen(text: string): Listen | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined;
  return { host, port };
}

/** Whether `host` (no port, IPv6 without brackets) can only be this machine: localhost, 127.0.0.0/8, ::1. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  return name === "localhost" || name === "::1" || (isIP(name) === 4 && name.startsWith("127."));
}

/** `host:port` as it stands in a URL. */
export function formatListen({ host, port }: Listen): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
