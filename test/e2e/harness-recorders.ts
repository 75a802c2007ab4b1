// What most checklist tests stand on: one gate before the recording server twice, over HTTP and over stdio, under one policy.
import { prepareStdioRecorder, type Recording, startRecorder } from "./harness-fixtures.ts";
import { type Gate, startGate } from "./harness-gate.ts";

export const TRANSPORTS = ["http", "stdio"] as const;
export type Transport = (typeof TRANSPORTS)[number];

export type RecorderGate = {
  readonly gate: Gate;
  /** What reached the server behind each endpoint. */
  readonly recorded: Readonly<Record<Transport, Recording>>;
  /** The HTTP recorder's own URL. */
  readonly direct: string;
};

/** @param flags of the HTTP recorder, which always issues session ids */
export async function startRecorderGate(...flags: readonly string[]): Promise<RecorderGate> {
  const http = await startRecorder("--sessions", ...flags);
  const stdio = prepareStdioRecorder();
  const gate = await startGate({
    servers: { http: { url: http.url, catalogue: "recorder" }, stdio: { ...stdio.entry, catalogue: "recorder" } },
  });
  return { gate, recorded: { http, stdio }, direct: http.url };
}
