// Three projects: unit (fast, no gate process), e2e (real gate, real servers; builds dist/ first) and clients, which puts the gate
// before what .tools/clients holds and is no part of `make test`: `make compatibility`, `make conformance`.
import { defineConfig } from "vitest/config";

/** With a gate process. */
function withGate(name: string) {
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup: ["test/e2e/harness-setup.ts"],
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  };
}

export default defineConfig({
  test: {
    pool: "forks",
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/clients/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      withGate("e2e"),
      withGate("clients"),
    ],
  },
});
