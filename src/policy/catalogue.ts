// What was reviewed of each server's tools, held against the definition that is live now. Pure; what the catalogue does
// not know is Unknown and as severe as can be, which the shipped defaults deny.
import { z } from "zod";
import { CATEGORIES, RISK_OF, type ToolFacts } from "../gate/types.ts";

const RISKS = ["Low", "Medium", "High", "Critical", "Unknown"] as const;
const SEVERITIES = ["low", "medium", "high", "critical"] as const;

const toolSchema = z
  .looseObject({
    category: z.enum(CATEGORIES),
    risk: z.enum(RISKS),
    severity: z.enum(SEVERITIES),
    /** Of the canonical definition; absent where the tool is known from documentation only (`source: documented`). */
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits")
      .optional(),
  })
  .refine((tool) => tool.risk === RISK_OF[tool.category], {
    error: "is not the risk that comes with the category",
    path: ["risk"],
  });

const serverSchema = z.looseObject({ tools: z.record(z.string(), toolSchema) });

/** data.catalogue of a bundle: servers by catalogue name, in each its tools by name. */
export const catalogueSchema = z.record(z.string(), serverSchema);

export type Catalogue = z.infer<typeof catalogueSchema>;

const UNKNOWN: ToolFacts = {
  category: "Unknown",
  risk: "Unknown",
  severity: "critical",
  definition: { catalogued: false, changed: false },
};

/**
 * @param server catalogue name
 * @param definitionSha256 of the definition last listed to this session; null where the server lists no such tool, which
 *   is a change of a tool that was reviewed; absent where nobody asks which definition is live
 */
export function describeTool(
  catalogue: Catalogue,
  server: string,
  tool: string,
  definitionSha256?: string | null,
): ToolFacts {
  const tools = catalogue[server]?.tools;
  const entry = tools !== undefined && Object.hasOwn(tools, tool) ? tools[tool] : undefined;
  if (entry === undefined) return UNKNOWN;
  const changed = entry.sha256 !== undefined && definitionSha256 !== undefined && entry.sha256 !== definitionSha256;
  const { category, risk, severity } = entry;
  return { category, risk, severity, definition: { catalogued: true, changed } };
}
