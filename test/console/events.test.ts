// The stream that tells open pages of a change: at most so often, to who may still see it, and holding nothing for who does
// not read.
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { createEvents, type Events } from "../../src/console/events.ts";
import type { SseEvent } from "../e2e/harness-sse.ts";
import { openStream } from "../e2e/harness-wire.ts";

async function serve(
  events: Events,
  isAdmitted: () => boolean = () => true,
): Promise<{ url: string; server: Server; open: () => number }> {
  let open = 0;
  const server = createServer((_incoming, outgoing) => {
    open += 1;
    outgoing.on("close", () => {
      open -= 1;
    });
    events.open(outgoing, { "cache-control": "no-store" }, isAdmitted);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server, open: () => open };
}

const nameOf = (event: SseEvent | undefined) => event?.data;

describe("a stream of changes", () => {
  test("tells many changes as one", async () => {
    const events = createEvents({ maxStreams: 5, everyMs: 20, beatMs: 500 });
    const { url } = await serve(events);
    const stream = await openStream(url);
    expect(stream.headers["content-type"]).toBe("text/event-stream");
    await stream.next();
    for (let n = 0; n < 1_000; n++) events.notify();
    expect(nameOf(await stream.next())).toBe("changed");
    // had there been another, it would have come before the next beat
    expect(nameOf(await stream.next())).toBe("beat");
    events.notify();
    expect(nameOf(await stream.next())).toBe("changed");
    stream.leave();
  });

  test("ends where its reader may no longer see the console", async () => {
    let admitted = true;
    const { url } = await serve(createEvents({ maxStreams: 5, everyMs: 5, beatMs: 10 }), () => admitted);
    const stream = await openStream(url);
    await stream.next();
    expect(nameOf(await stream.next())).toBe("beat");
    admitted = false;
    let event = await stream.next();
    while (event !== undefined) event = await stream.next();
    expect(event).toBeUndefined();
  });

  test("is one of so many: the oldest ends", async () => {
    const events = createEvents({ maxStreams: 2, everyMs: 5, beatMs: 60_000 });
    const { url } = await serve(events);
    const first = await openStream(url);
    await first.next();
    const others = [await openStream(url), await openStream(url)];
    expect(await first.next()).toBeUndefined();
    for (const stream of others) await stream.next();
    events.notify();
    for (const stream of others) expect(nameOf(await stream.next())).toBe("changed");
    for (const stream of others) stream.leave();
  });

  test("is cut where its reader never reads, and nothing is kept for it", async () => {
    const events = createEvents({ maxStreams: 5, everyMs: 1, beatMs: 50 });
    let longest = 0;
    let close = (): void => {};
    const closed = new Promise<void>((resolve) => {
      close = resolve;
    });
    const server = createServer((_incoming, outgoing) => {
      // more than the operating system takes: the reader that does not read is felt at once
      outgoing.writeHead(200);
      outgoing.write(Buffer.alloc(67_108_864));
      const filled = outgoing.writableLength;
      const { write } = outgoing;
      outgoing.writeHead = () => outgoing;
      outgoing.write = ((chunk: string) => {
        const result = write.call(outgoing, chunk, "utf8");
        longest = Math.max(longest, outgoing.writableLength - filled);
        return result;
      }) as typeof outgoing.write;
      outgoing.on("close", close);
      events.open(outgoing, {}, () => true);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    socket.pause();
    const busy = setInterval(events.notify, 1);
    await closed;
    clearInterval(busy);
    socket.destroy();
    expect(longest).toBeLessThan(1_000);
  });
});
