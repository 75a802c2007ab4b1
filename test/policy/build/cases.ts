// Faults of single rules, tried many at once: a build takes a second, and names every fault that there is.
import { expect, test } from "vitest";
import { faultsOf } from "../support.ts";

/** A title, the text of a rule, and what its one fault says behind `FILE:ROW: `. */
export type Case = readonly [title: string, text: string, fault: string | RegExp];

/**
 * Builds all of the cases at once, each in a file of its own, with its text in row 3.
 * @param packageName of all of them; without it, each is in a server package of its own
 */
export function testEach(cases: readonly Case[], packageName?: string): void {
  const path = (index: number): string => `policy/case_${index}.rego`;
  const files = cases.map(([, text], index) => {
    return [path(index), `package ${packageName ?? `policy.servers.case_${index}`}\n\n${text}\n`];
  });
  let faults: Promise<readonly string[]> | undefined;
  test.each(cases.map((given, index) => [...given, index] as const))("%s", async (_, __, expected, index) => {
    faults ??= faultsOf(Object.fromEntries(files));
    const own = (await faults).filter((line) => line.startsWith(`rego/${path(index)}:`));
    const where = `rego/${path(index)}:3: `;
    expect(own).toEqual([typeof expected === "string" ? where + expected : expect.stringMatching(expected)]);
    expect(own[0]?.startsWith(where)).toBe(true);
  });
}
