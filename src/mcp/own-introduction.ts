// How Regate's own link introduces itself to a server, of whichever era that is: as most clients do, with `initialize`; and
// where the server will not have that, as the 2026-07-28 revision does, with `server/discover`.
import { z } from "zod";
import { type OwnLink, resultOf } from "./own-link.ts";

/** What a server says of itself: nothing that anyone else vouches for. */
export type ServerInfo = {
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  readonly version?: string | undefined;
};

export type Introduced =
  /** `metaText` is the `_meta` that every further request needs. */
  | { readonly kind: "introduced"; readonly server: ServerInfo; readonly metaText: string | undefined }
  | { readonly kind: "failed"; readonly problem: string };

const LEGACY_VERSION = "2025-11-25";
const MODERN_VERSION = "2026-07-28";
/** All of them: some servers list a tool only to a client that can do what the tool asks of it. */
const CAPABILITIES = {
  roots: { listChanged: true },
  sampling: { context: {}, tools: {} },
  elicitation: { form: {}, url: {} },
  tasks: { list: {}, cancel: {}, requests: { sampling: { createMessage: {} }, elicitation: { create: {} } } },
};
/** It is sent as a header. */
const VERSION = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/;

const text = z.string().optional().catch(undefined);
const infoSchema = z.object({ name: text, title: text, version: text }).catch({});
const initializedSchema = z.object({ protocolVersion: z.string().regex(VERSION), serverInfo: infoSchema });
const discoveredSchema = z.object({
  supportedVersions: z.array(z.string()),
  _meta: z.object({ "io.modelcontextprotocol/serverInfo": infoSchema }).optional().catch(undefined),
});

/** @param version of Regate */
export async function introduce(link: OwnLink, version: string): Promise<Introduced> {
  const clientInfo = { name: "regate", version };
  const params = { protocolVersion: LEGACY_VERSION, capabilities: CAPABILITIES, clientInfo };
  const result = resultOf("initialize", await link.ask("initialize", JSON.stringify(params)));
  if (result.kind === "failed") return result.refused ? await discover(link, clientInfo, result.problem) : result;
  const initialized = initializedSchema.safeParse(result.value);
  if (!initialized.success) return failed("it answered initialize without a protocol version");
  const { protocolVersion, serverInfo } = initialized.data;
  link.speak("legacy", protocolVersion);
  await link.tell("notifications/initialized");
  return { kind: "introduced", server: serverInfo, metaText: undefined };
}

/** @param refusal what became of `initialize` */
async function discover(link: OwnLink, clientInfo: unknown, refusal: string): Promise<Introduced> {
  const metaText = JSON.stringify({
    "io.modelcontextprotocol/protocolVersion": MODERN_VERSION,
    "io.modelcontextprotocol/clientInfo": clientInfo,
    "io.modelcontextprotocol/clientCapabilities": CAPABILITIES,
  });
  link.speak("modern", MODERN_VERSION);
  const result = resultOf("server/discover", await link.ask("server/discover", `{"_meta":${metaText}}`));
  if (result.kind === "failed") return failed(`${refusal}, and then: ${result.problem}`);
  const discovered = discoveredSchema.safeParse(result.value);
  if (!discovered.success) return failed(`${refusal}, and it answered server/discover without its versions`);
  const { supportedVersions, _meta } = discovered.data;
  if (!supportedVersions.includes(MODERN_VERSION)) return failed(`${refusal}, and it does not speak ${MODERN_VERSION}`);
  return { kind: "introduced", server: _meta?.["io.modelcontextprotocol/serverInfo"] ?? {}, metaText };
}

function failed(problem: string): Introduced {
  return { kind: "failed", problem };
}
