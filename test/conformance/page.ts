// docs/conformance.md, from what the suite found: the servers' part is found again by `make conformance`, the clients' by `make docs-conformance`.
import { type Figures, isClean, REVISIONS, type Requirements, type Revision } from "./run.ts";

export const MODES = ["direct", "http", "stdio"] as const;
export type Mode = (typeof MODES)[number];

export type ServerFindings = Readonly<Record<Mode, ReadonlyMap<string, Figures>>>;
export type ClientFindings = Readonly<Record<"direct" | "gate", ReadonlyMap<string, Figures>>>;
export type Findings<Found> = Readonly<
  Record<Revision, { readonly requirements: Requirements; readonly found: Found }>
>;

/** Server scenarios that come out otherwise over stdio, with the reason. */
export const SERVER_GAPS: ReadonlyMap<string, string> = new Map([
  [
    "server-sse-polling",
    "over stdio a server has no event stream that it could end in mid-call; the suite calls the scenario pending",
  ],
  [
    "server-stateless",
    "over stdio the v2 SDK's server holds only its first messages against the revisions that it speaks, and answers a later one of a revision that does not exist; two checks want it refused",
  ],
]);

/** Client scenarios that come out otherwise through the gate, with the reason. */
export const CLIENT_GAPS: ReadonlyMap<string, string> = new Map([
  [
    "auth/scope-step-up",
    "the server asks for more scopes at one call. Its 403 concerns the gate's own credentials, which no sign-in of the client's can better; the scopes that the gate asks of its callers are those of its configuration",
  ],
  [
    "auth/resource-mismatch",
    "the server's metadata names another resource than itself, which the client must notice. The gate's metadata names the gate: there is nothing to notice",
  ],
  [
    "auth/authorization-server-migration",
    "the server moves to another issuer in mid-session. The issuers whose tokens the gate takes are those of its configuration, whatever a server says",
  ],
]);

export function renderPage(
  version: string,
  servers: Findings<ServerFindings>,
  clients: Findings<ClientFindings>,
): string {
  return `# Conformance

What the MCP project's own suite (\`@modelcontextprotocol/conformance\` ${version}) finds with the gate between, beside what it finds without. The bar for a gate that hands on what it allows is the same figures. This page is written
by \`make docs-conformance\`; \`make conformance\` runs every server scenario again, and holds the page against what it found, and a few of the clients'.

${renderServers(servers)}

## Clients

The suite plays the server, and watches what the v2 SDK's client sends (\`test/fixtures/conformance-client.mjs\`): straight to the suite, or to a gate that stands before the suite. Counted are scenarios in which nothing failed, nothing was warned of, and
the client did what it came for.

| revision | scenarios | direct | through the gate |
|---|---|---|---|
${REVISIONS.map((revision) => clientRow(revision, clients[revision].found)).join("\n")}

In the \`auth/\` scenarios the gate is the protected resource: its own metadata (RFC 9728) leads the client to the issuer, it verifies the token that the client brings, and says to the suite's server what its own configuration says.
The suite's tokens are no JWTs, which the gate asks for, so a front before its authorization server signs one for each that is issued, and hands all else on (\`test/conformance/signing-front.mjs\`). The suite's check that somebody read its server's own
metadata is met by whoever writes the gate's configuration, as the run does. Scenarios of extensions that the client does not speak are left out. Other than direct are:

${gapList(CLIENT_GAPS)}
`;
}

export function renderServers(servers: Findings<ServerFindings>): string {
  return `## Servers

Two servers that offer what the scenarios ask for, one for each era (\`test/fixtures/everything-server.mjs\`, the v1 SDK's, and \`everything-modern-server.mjs\`, the v2 SDK's). Counted are checks.

| revision | scenarios | direct | gate, server over HTTP | gate, server over stdio |
|---|---|---|---|---|
${REVISIONS.flatMap((revision) => serverRows(revision, servers[revision])).join("\n")}

None of what is not scored is part of conformance: extensions, what came after the revision, and what the suite calls pending. What fails is tasks, an extension that the server does not offer. Other than direct are, over stdio alone:

${gapList(SERVER_GAPS)}`;
}

function serverRows(revision: Revision, { requirements, found }: Findings<ServerFindings>[Revision]): string[] {
  const { required, notScored } = requirements;
  const cells = (names: readonly string[]) => MODES.map((mode) => sum(found[mode], names)).join(" | ");
  return [
    `| ${revision} | ${required.length} required | ${cells(required)} |`,
    `| | ${notScored.size} not scored | ${cells([...notScored.keys()])} |`,
  ];
}

function sum(found: ReadonlyMap<string, Figures>, names: readonly string[]): string {
  const figures = names.map((name) => found.get(name) ?? { passed: 0, failed: 0 });
  const passed = figures.reduce((total, each) => total + each.passed, 0);
  const failed = figures.reduce((total, each) => total + each.failed, 0);
  return `${passed} passed, ${failed} failed`;
}

function clientRow(revision: Revision, { direct, gate }: ClientFindings): string {
  const clean = (found: ReadonlyMap<string, Figures>) => [...found.values()].filter(isClean).length;
  return `| ${revision} | ${direct.size} | ${clean(direct)} pass | ${clean(gate)} pass |`;
}

function gapList(gaps: ReadonlyMap<string, string>): string {
  return [...gaps].map(([scenario, reason]) => `- \`${scenario}\`: ${reason}.`).join("\n");
}
