import { getDefaultEnvironment } from "@modelcontextprotocol/sdk/client/stdio.js";
import { describe, expect, test } from "vitest";
import { inheritedEnvironment } from "../../src/mcp/inherited-environment.ts";

describe("what a stdio server inherits", () => {
  test("is what the SDK's own client passes on", () => {
    expect(inheritedEnvironment(process.env)).toEqual(getDefaultEnvironment());
    expect(Object.keys(inheritedEnvironment(process.env))).toContain("PATH");
  });

  test("is no secret of the gate's, and no function of a shell's", () => {
    const env = {
      PATH: "/bin",
      REGATE_OPERATOR_KEY: "x",
      TICKETS_TOKEN: "y",
      NODE_OPTIONS: "z",
      HOME: "() { :; }; id",
    };
    expect(inheritedEnvironment(env)).toEqual({ PATH: "/bin" });
  });
});
