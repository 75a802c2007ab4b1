// What was reviewed of each server's tools, held against the definition that is live now. Pure; what the catalogue does
// not know is Unknown and as severe as can be, which the shipped defaults deny.
import { z } from "zod";
import { CATEGORIES, RISK_OF, type ToolFacts } from "../gate/types.ts";

const RISKS = ["Low", "Medium", "High", "Critical", "Unknown"] as const;
const SEVERITIES = ["low", "medium", "high", "critical"] as const;

const parameterSchema = z.looseObject({
  required: z.boolean(),
  /** The JSON types that it may have, sorted and joined by `|`; `any` where the definition doesn't say. */
  type: z.string(),
  description: z.string().optional(),
});

/** One tool. What a person judged comes first, what the definition says after it; by hand only the judgement is needed. */
export const toolSchema = z.looseObject({
  category: z.enum(CATEGORIES),
  risk: z.enum(RISKS),
  severity: z.enum(SEVERITIES),
  signals: z.array(z.string()).optional(),
  rationale: z.string().optional(),
  parameters: z.record(z.string(), parameterSchema).optional(),
  description: z.string().optional(),
  /** `documented`: known from documentation only; the server need not list it. */
  source: z.enum(["listed", "documented"]).optional(),
  /** Written by hand where the server lists the tool to some clients only: which. */
  listed_to: z.string().optional(),
  /** Of the canonical definition; absent where there was none to review. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hex digits")
    .optional(),
});

export type CatalogueTool = z.infer<typeof toolSchema>;

const serverFields = {
  title: z.string().optional(),
  /** As the registry names it that the server is installed from. */
  package: z.string().optional(),
  version: z.string().optional(),
};

/** One server's file as a person may have left it: the risk need not be that of the category yet. */
export const editedServerSchema = z.looseObject({ ...serverFields, tools: z.record(z.string(), toolSchema) });

export type CatalogueServer = z.infer<typeof editedServerSchema>;

const consistentToolSchema = toolSchema.refine((tool) => tool.risk === RISK_OF[tool.category], {
  error: "is not the risk that comes with the category",
  path: ["risk"],
});

const serverSchema = z.looseObject({ ...serverFields, tools: z.record(z.string(), consistentToolSchema) });

/** data.catalogue of a bundle: servers by catalogue name, in each its tools by name. */
export const catalogueSchema = z.record(z.string(), serverSchema);

export type Catalogue = z.infer<typeof catalogueSchema>;

/** What is neither reviewed nor classified. */
export const UNKNOWN: ToolFacts = {
  category: "Unknown",
  risk: "Unknown",
  severity: "critical",
  definition: Object.freeze({ catalogued: false, changed: false }),
};

const REVIEWED = Object.freeze({ catalogued: true, changed: false });
const CHANGED = Object.freeze({ catalogued: true, changed: true });

/** What was reviewed of the tool; undefined where the catalogue does not have it. */
export function findTool(catalogue: Catalogue, server: string, tool: string): CatalogueTool | undefined {
  const tools = Object.hasOwn(catalogue, server) ? catalogue[server]?.tools : undefined;
  return tools !== undefined && Object.hasOwn(tools, tool) ? tools[tool] : undefined;
}

/** Whether this very definition is the one that was reviewed. */
export function isReviewed(catalogue: Catalogue, server: string, tool: string, definitionSha256: string): boolean {
  return findTool(catalogue, server, tool)?.sha256 === definitionSha256;
}

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
  const entry = findTool(catalogue, server, tool);
  if (entry === undefined) return UNKNOWN;
  const changed = entry.sha256 !== undefined && definitionSha256 !== undefined && entry.sha256 !== definitionSha256;
  const { category, risk, severity } = entry;
  return { category, risk, severity, definition: changed ? CHANGED : REVIEWED };
}
