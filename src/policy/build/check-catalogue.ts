// Holds the user's catalogue files against the schema that the gate reads them by, so that a mistake is named with its
// file here and not with the bundle there.
import { join } from "node:path";
import { type Catalogue, catalogueSchema } from "../catalogue.ts";
import type { PolicyFolder, Source } from "./sources.ts";

/** @returns a line for each file that is not JSON or not a catalogue */
export function checkCatalogue(folder: PolicyFolder, sources: readonly Source[]): string[] {
  return sources.flatMap((source) => {
    const shown = join(folder.shown, source.path);
    const value = readJson(source.bytes);
    if (value === undefined) return [`${shown}: not JSON`];
    const server = serverOf(source);
    const parsed = catalogueSchema.safeParse(server === undefined ? value : { [server]: value });
    return (parsed.error?.issues ?? []).map(({ path, message }) => {
      const field = path.slice(server === undefined ? 0 : 1).join(".");
      return `${shown}: ${field === "" ? "" : `${field}: `}${message}`;
    });
  });
}

/** @param sources without faults */
export function readCatalogue(sources: readonly Source[]): Catalogue {
  const catalogues = sources.map((source) => {
    const [server, value] = [serverOf(source), readJson(source.bytes)];
    return catalogueSchema.parse(server === undefined ? value : { [server]: value });
  });
  return Object.assign({}, ...catalogues);
}

/** catalogue/SERVER/data.json holds one server, catalogue/data.json all of them: undefined. */
function serverOf({ path }: Source): string | undefined {
  return /^catalogue\/([^/]+)\/data\.json$/.exec(path)?.[1];
}

function readJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
