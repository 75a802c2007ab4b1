// The definitions that a server's sessions hold, each once however many sessions hold it, and counted: a server that lists
// another definition to each session must not fill the memory. What is held by nobody is gone.
import type { ListedDefinition } from "../gate/types.ts";
import type { ListedTool } from "./list-filter.ts";
import { type ParamHeader, paramHeadersOf } from "./param-headers.ts";

/** One definition, and what the gate reads in it. */
export type HeldDefinition = {
  readonly kind: "listed";
  readonly definition: ListedDefinition;
  /** The arguments that the definition wants repeated in headers. */
  readonly paramHeaders: readonly ParamHeader[];
};

export interface HeldDefinitions {
  /** Each hold takes a release. */
  hold(tool: ListedTool): HeldDefinition;
  release(held: HeldDefinition): void;
  /** Whether a definition of another tool would be held besides. */
  holds(sha256: string): boolean;
  /** Of all definitions that are held. */
  readonly characters: number;
}

type Counted = { readonly held: HeldDefinition; holders: number };

export function createHeldDefinitions(): HeldDefinitions {
  const counted = new Map<string, Counted>();
  let characters = 0;
  return {
    get characters() {
      return characters;
    },
    holds: (sha256) => counted.has(sha256),
    hold(tool) {
      let one = counted.get(tool.sha256);
      if (one === undefined) {
        one = { held: read(tool), holders: 0 };
        counted.set(tool.sha256, one);
        characters += tool.text.length;
      }
      one.holders += 1;
      return one.held;
    },
    release({ definition }) {
      const one = counted.get(definition.sha256);
      if (one === undefined) throw new Error("a definition is released that nobody holds");
      one.holders -= 1;
      if (one.holders > 0) return;
      counted.delete(definition.sha256);
      characters -= definition.text.length;
    },
  };
}

function read({ text, sha256 }: ListedTool): HeldDefinition {
  const definition = { sha256, text: copyOf(text) };
  if (!/x-mcp-header|\\u/i.test(text)) return { kind: "listed", definition, paramHeaders: [] };
  return { kind: "listed", definition, paramHeaders: paramHeadersOf(JSON.parse(text).inputSchema) };
}

/** A slice of an answer keeps the whole answer in memory. */
function copyOf(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}
