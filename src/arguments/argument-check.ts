// Holds the arguments of calls against the inputSchema of their tool's reviewed definition. A schema is compiled once for
// each definition, ahead of the first call where it was listed before. One that can't be held soundly checks nothing, and
// that is told once: the policy judges the call all the same.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ReceivedJson } from "../gate/types.ts";
import { boundSchema } from "./bounded-schema.ts";
import { type ArgumentSchema, compileSchema } from "./compiled-schema.ts";

/** A tool's definition as its server listed it, and whose it is. */
export type ReviewedTool = {
  readonly server: string;
  readonly tool: string;
  /** SHA-256 (hex) of the canonical definition. */
  readonly sha256: string;
  readonly text: string;
};

export type ArgumentCheckOptions = {
  /** Told, once for each definition, why its schema checks nothing, or not all that it says. */
  readonly onLoose: (tool: ReviewedTool, problem: string) => void;
};

export interface ArgumentCheck {
  /** What is wrong with the arguments, in one sentence without their values; undefined where they fit. */
  check(tool: ReviewedTool, args: ReceivedJson | undefined): string | undefined;
  /** Compiles soon what will be called later; one schema a turn of the event loop. */
  prepare(tool: ReviewedTool): void;
}

/** About 5 KB each. */
const MAX_COMPILED = 2_000;
const BASE_STEPS = 100_000;
const STEPS_PER_CHARACTER = 4;

export function createArgumentCheck({ onLoose }: ArgumentCheckOptions): ArgumentCheck {
  /** By the definition's hash; undefined where its schema checks nothing. The one used last stands last. */
  const compiled = new Map<string, ArgumentSchema | undefined>();
  const waiting = new Map<string, ReviewedTool>();
  let isWorking = false;

  function schemaOf(tool: ReviewedTool): ArgumentSchema | undefined {
    const { sha256 } = tool;
    const found = compiled.has(sha256) ? compiled.get(sha256) : compile(tool, (problem) => onLoose(tool, problem));
    waiting.delete(sha256);
    compiled.delete(sha256);
    compiled.set(sha256, found);
    if (compiled.size > MAX_COMPILED) {
      const [oldest] = compiled.keys();
      if (oldest !== undefined) compiled.delete(oldest);
    }
    return found;
  }

  async function work(): Promise<void> {
    for (;;) {
      await nextTurn();
      const [next] = waiting.values();
      if (next === undefined) break;
      schemaOf(next);
    }
    isWorking = false;
  }

  return {
    check(tool, args) {
      const schema = schemaOf(tool);
      const { value, text } = args ?? { value: {}, text: "" };
      return schema?.(value, BASE_STEPS + STEPS_PER_CHARACTER * text.length);
    },
    prepare(tool) {
      if (compiled.has(tool.sha256) || waiting.size >= MAX_COMPILED) return;
      waiting.set(tool.sha256, tool);
      if (isWorking) return;
      isWorking = true;
      void work();
    },
  };
}

function compile({ text }: ReviewedTool, onLoose: (problem: string) => void): ArgumentSchema | undefined {
  const bounded = boundSchema(inputSchemaOf(text));
  const schema = bounded.kind === "bounded" ? compileSchema(bounded.schema, bounded.dialect) : bounded;
  if (schema.kind === "unusable") {
    onLoose(`its inputSchema can't be used: ${schema.problem}`);
    return undefined;
  }
  if (bounded.kind === "bounded" && bounded.dropped.length > 0)
    onLoose(`RE2 lacks what these patterns of its inputSchema need: ${bounded.dropped.join(" ")}`);
  return schema.check;
}

function inputSchemaOf(definitionText: string): unknown {
  const definition: unknown = JSON.parse(definitionText);
  return typeof definition === "object" && definition !== null && "inputSchema" in definition
    ? definition.inputSchema
    : undefined;
}
