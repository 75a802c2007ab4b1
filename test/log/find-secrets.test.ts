// Where secrets stand in a text, for who masks them there; what a secret is, is tested in secrets.test.ts.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { findSecrets, SECRET_KINDS } from "../../src/log/secrets.ts";

const masked = (text: string): string =>
  [...findSecrets(text)]
    .reverse()
    .reduce((left, { start, end, kind }) => `${left.slice(0, start)}<${kind}>${left.slice(end)}`, text);

describe("secrets in a text", () => {
  test.each([
    ["a AKIAIOSFODNN7EXAMPLE b AKIAIOSFODNN7EXAMPLF", "a <aws_key> b <aws_key>"],
    ["Authorization: Bearer abcdefghijklmnop==", "Authorization: Bearer <authorization>"],
    ["see https://ann:pa55word@host/x", "see https://ann:<url_password>@host/x"],
    ['{"password": "hunter2hunter2", "n": 1}', '{"password": "<named>", "n": 1}'],
    ["x -----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY----- y", "x <private_key> y"],
    ["x -----BEGIN PRIVATE KEY-----\nMII cut off", "x <private_key>"],
    ["eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl ends", "<jwt> ends"],
    ["ghp_0123456789012345678901234567890123456789", "<github_token>"],
    [
      '{"nextPageToken": "CAUQAA1234", "pageToken":"CAUQAA1234"}',
      '{"nextPageToken": "CAUQAA1234", "pageToken":"CAUQAA1234"}',
    ],
    ["nothing is secret about a short text", "nothing is secret about a short text"],
  ])("of %j", (text, expected) => {
    expect(masked(text)).toBe(expected);
  });

  test("are of the kinds that rules for answers may name, and no others", async () => {
    const rego = await readFile(new URL("../../rego/regate/answers/answers.rego", import.meta.url), "utf8");
    const kinds = /_kinds := \{([^}]*)\}/.exec(rego)?.[1]?.match(/[a-z_]+/g);
    expect(kinds).toEqual([...SECRET_KINDS].sort());
  });
});
