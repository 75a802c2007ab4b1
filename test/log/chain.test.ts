// What a linker writes is what whoever verifies computes by itself, with HMAC-SHA256 as node has it.
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHAIN_START, follows, Linker, readLink } from "../../src/log/chain.ts";

const line = fc
  .oneof(fc.string({ unit: "binary" }), fc.constantFrom("ä\u2028€😀", "x".repeat(70_000), "€".repeat(400_000)))
  .map((text) => JSON.stringify({ text }));
const key = fc.uint8Array({ minLength: 32, maxLength: 130 }).map((bytes) => Buffer.from(bytes));

describe("a linker", () => {
  test("chains lines of any length and letters, in any batches, as HMAC-SHA256 of the MAC before and the line's own bytes", () => {
    fc.assert(
      fc.property(key, fc.array(fc.array(line, { maxLength: 4 }), { maxLength: 4 }), (secret, batches) => {
        const linker = new Linker(secret);
        let head = CHAIN_START;
        for (const batch of batches) {
          const { bytes, head: after } = linker.link(batch, head);
          const written = bytes.toString("utf8").split("\n");
          expect(written.pop()).toBe("");
          expect(written).toHaveLength(batch.length);
          for (const [index, text] of written.entries()) {
            const body = `${(batch[index] ?? "").slice(0, -1)},"chain":{"n":${head.n + 1},"mac":"`;
            const mac = createHmac("sha256", secret).update(head.mac).update(body).digest("base64url");
            expect(text === `${body}${mac}"}}`).toBe(true);
            const own = readLink(Buffer.from(text));
            expect(own).toEqual({ n: head.n + 1, mac });
            expect(own !== undefined && follows(Buffer.from(text), own, head, secret)).toBe(true);
            head = own ?? head;
          }
          expect(after).toEqual(head);
        }
      }),
      { numRuns: 60 },
    );
  });
});
