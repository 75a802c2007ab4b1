// Clients by the socket, and things to wait for: for tests about who is there when.
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { Chain } from "./chain.ts";

/** Something that happens once, which a test can wait for. */
export function signal<T = void>() {
  let fire: (value: T) => void = () => {};
  const fired = new Promise<T>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

/** Sends one request on a connection of its own, and leaves it open. */
export function sendRaw({ port }: Chain, body: string, method = "POST", more = ""): Socket {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.on("error", () => {});
  const length = Buffer.byteLength(body);
  socket.write(
    `${method} / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n${more}\r\n${body}`,
  );
  return socket;
}

/** Lets everything that can go on without input or output do so. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
