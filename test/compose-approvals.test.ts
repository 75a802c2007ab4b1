import { expect, test } from "vitest";
import { withoutSecrets } from "../src/compose-approvals.ts";
import { benchLedger, QUESTION } from "./approvals/support.ts";

test("a webhook is told no reason that has the form of a secret, which a rule may have quoted", () => {
  const reasons = ["Writing there is for a person", "It would write token=4f9a77c01b"];
  const asked = benchLedger().ledger.ask({ ...QUESTION, reasons });
  if (asked.kind === "full") throw new Error(asked.problem);
  expect(withoutSecrets(asked.request).reasons).toEqual([reasons[0], "**masked**"]);
});
