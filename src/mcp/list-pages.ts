// Reads a server's whole tools/list, page by page, within bounds that a server which never ends can't pass. How a request
// reaches the server is the caller's; what is done with the tools too.
import { parseServerMessage } from "./jsonrpc.ts";
import { type ListedPage, listedTools, MAX_LISTED_TOOLS } from "./list-filter.ts";
import type { OwnAnswer } from "./upstream.ts";

const MAX_PAGES = 500;
/** Of one server. */
export const MAX_TOOLS = 50_000;
const METHOD_NOT_FOUND = -32601;
/** How some servers say that there is no next page. */
const NO_CURSOR = new Set(["null", '""']);

/** Why a list could not be read. `sessionLost`: as in OwnAnswer. */
export type ListingFault = { readonly problem: string; readonly sessionLost: boolean };

/**
 * Answers why it could not, or undefined. A server without tools/list has no tools.
 * @param metaText the `_meta` that a modern request needs, as JSON text
 * @param ask sends one tools/list with these params
 * @param take gets each page as it comes
 * @param maxToolsOnPage the gate judges each tool of a page before the client sees it; who only reads may take more
 */
export async function listPages(
  metaText: string | undefined,
  ask: (paramsText: string) => Promise<OwnAnswer>,
  take: (page: ListedPage) => void,
  maxToolsOnPage = MAX_LISTED_TOOLS,
): Promise<ListingFault | undefined> {
  const cursors = new Set<string>();
  let cursorText: string | undefined;
  let count = 0;
  for (let page = 0; page < MAX_PAGES; page++) {
    const members = [metaText && `"_meta":${metaText}`, cursorText && `"cursor":${cursorText}`].filter(Boolean);
    const answer = await ask(`{${members.join(",")}}`);
    if (answer.kind === "failed")
      return fault(`the server's tools could not be listed: ${answer.problem}`, answer.sessionLost);
    const message = parseServerMessage(answer.text);
    if (message.kind === "unreadable") return fault(`the server's tools/list is malformed: ${message.problem}`);
    if (message.kind !== "response") return fault("the server answered tools/list with something else");
    if (message.error?.code === METHOD_NOT_FOUND) return undefined;
    if (message.error !== undefined) return fault(`the server answered tools/list with error ${message.error.code}`);
    const listed = listedTools(answer.text, message.root, maxToolsOnPage);
    if (listed.kind === "none") return fault("the server's tools/list is malformed: it holds no tools");
    if (listed.kind === "malformed") return fault(`the server's tools/list is malformed: ${listed.problem}`);
    count += listed.tools.length;
    if (count > MAX_TOOLS) return fault(`the server lists more than ${MAX_TOOLS} tools`);
    take(listed);
    cursorText = listed.cursorText;
    if (cursorText === undefined || isLastPage(listed)) return undefined;
    if (cursors.has(cursorText)) return fault("the server's tools/list repeats a cursor");
    cursors.add(cursorText);
  }
  return fault(`the server's tools/list has more than ${MAX_PAGES} pages`);
}

/** Whether no further page follows. */
export function isLastPage({ cursorText }: ListedPage): boolean {
  return cursorText === undefined || NO_CURSOR.has(cursorText);
}

function fault(problem: string, sessionLost = false): ListingFault {
  return { problem, sessionLost };
}
