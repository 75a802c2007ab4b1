// Names that some reader takes for another name: in another case, width or alphabet, with accents, with what does not show or
// is no letter, in percent encoding, or with the name of a server before it. Folds more than any one reader does; it is for
// refusing what is not known exactly, and must not decide what a name means.

/** Normalising takes time quadratic in the length of what came; no name is so long. */
const MAX_UNITS = 512;
/** Letters of other alphabets, each before the one that it looks like. */
const LOOK_ALIKES = "аaеeоoрpсcуyхxіiѕsԁdһhјjԛqԝwҫcοoαaεeιiκkνvρpτtυuχxոnսuօoհhɑaɡgıi";
const MEANT = new Map(Array.from(LOOK_ALIKES.matchAll(/(.)(.)/gu), ([, shown = "", meant = ""]) => [shown, meant]));
/** Between the name of a server and that of its tool, where gateways join them. */
const JOINTS = /__|[./:\\]/;

/** Whatever has the same fold could be taken for the same name; undefined where it is too long to be looked at. */
export function foldName(name: string): string | undefined {
  if (name.length > MAX_UNITS) return undefined;
  let folded = "";
  for (const char of decodePercent(name).normalize("NFKD").toUpperCase().toLowerCase())
    folded += MEANT.get(char) ?? char;
  return folded.replace(/[^\p{L}\p{N}]/gu, "");
}

/** The folds of a name: of all of it, and of what stands behind the name of a server. */
export function foldsOf(name: string): readonly string[] | undefined {
  const whole = foldName(name);
  const last = foldName(name.split(JOINTS).at(-1) ?? "");
  return whole === undefined || last === undefined ? undefined : [whole, last].filter((fold) => fold !== "");
}

/** Methods of MCP, in any revision. */
const METHODS = [
  "completion/complete",
  "elicitation/create",
  "initialize",
  "logging/setLevel",
  "ping",
  "prompts/get",
  "prompts/list",
  "resources/list",
  "resources/read",
  "resources/subscribe",
  "resources/templates/list",
  "resources/unsubscribe",
  "roots/list",
  "sampling/createMessage",
  "server/discover",
  "subscriptions/listen",
  "tasks/cancel",
  "tasks/get",
  "tasks/list",
  "tasks/result",
  "tasks/update",
  "tools/call",
  "tools/list",
];
const EXACT = new Set(METHODS);
const FOLDED = new Set(METHODS.map(foldName));

/** True for what some server takes for a method of MCP, and the gate does not; and for what is too long for any method. */
export function isMisspeltMethod(method: string): boolean {
  if (EXACT.has(method)) return false;
  const folded = foldName(method);
  return folded === undefined || FOLDED.has(folded);
}

function decodePercent(name: string): string {
  if (!name.includes("%")) return name;
  return name.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
