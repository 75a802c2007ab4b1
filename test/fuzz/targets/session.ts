// Session ids: no bytes but those that were issued are an id, for no owner but the one that they were issued to.
import { expect } from "vitest";
import { createSessions } from "../../../src/mcp/session.ts";
import type { Target } from "../target.ts";

const OWNER = { server: "files", principal: "agent" };
const sessions = createSessions({
  key: new Uint8Array(32).fill(7),
  unixMs: () => 1_800_000_000_000,
  lifetimeSeconds: 86_400,
  ended: { has: () => false, add: () => undefined },
});
const issued = ["up-1", "x".repeat(200), "~"].map((upstreamId) => sessions.seal({ ...OWNER, upstreamId }).id);

export const session: Target = {
  name: "session",
  seeds: issued.map((id) => Buffer.from(id)),
  words: ["=", "==", "+", "/", "-", "_", "A", "\n", " ", "%3D", "\0"],
  runs: 1_500,
  check(input) {
    for (const id of [Buffer.from(input).toString("latin1"), Buffer.from(input).toString("utf8")]) {
      expect(sessions.open(id, OWNER).kind).toBe(issued.includes(id) ? "open" : "unknown");
      expect(sessions.open(id, { ...OWNER, principal: "other" }).kind).toBe("unknown");
      expect(sessions.open(id, { ...OWNER, server: "others" }).kind).toBe("unknown");
    }
  },
};
