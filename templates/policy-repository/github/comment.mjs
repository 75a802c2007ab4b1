// node comment.mjs FILE: puts FILE on the pull request of this run of GitHub Actions as a comment, or, where an earlier run has
// put one there, in that one's place. It needs nothing but node, and runs nothing of the pull request: FILE is text.
// Where the token may not write (a fork's, Dependabot's) it says so, and that is no failure: the run's summary has the text.
import { readFileSync } from "node:fs";

/** By it the comment is found again: `regate diff --format markdown` ends with it. */
const MARK = "<!-- regate diff -->";
/** Who comments with the token of a run: another's comment with the mark is not touched. */
const AUTHOR = process.env.REGATE_COMMENT_AUTHOR ?? "github-actions[bot]";
const MAX_CHARACTERS = 65_536;
const PAGE = 100;
const MAX_PAGES = 50;
const TIMEOUT_MS = 60_000;

const { GITHUB_API_URL: api, GITHUB_REPOSITORY: repository, GITHUB_TOKEN: token } = process.env;
const [file] = process.argv.slice(2);

/** A fault that a person mends. */
class Fault extends Error {}
/** The token may not do it. */
class Forbidden extends Error {}

try {
  console.log(await comment());
} catch (error) {
  if (error instanceof Forbidden) {
    console.log(`::warning::${error.message}; the comment is in the summary of this run`);
  } else {
    console.error(error instanceof Fault ? `comment.mjs: ${error.message}` : error);
    process.exitCode = error instanceof Fault ? 2 : 1;
  }
}

async function comment() {
  if (file === undefined) throw new Fault("name the file that holds the comment");
  for (const name of ["GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN", "GITHUB_EVENT_PATH"]) {
    if (!process.env[name]) throw new Fault(`${name} is not set; this runs in GitHub Actions, for a pull request`);
  }
  const body = readComment();
  const issue = `/repos/${repository}/issues/${readNumber()}/comments`;
  const earlier = await findEarlier(issue);
  if (earlier === undefined) {
    await ask("POST", issue, { body });
    return "commented";
  }
  if (earlier.body === body) return "the comment says so already";
  await ask("PATCH", `/repos/${repository}/issues/comments/${earlier.id}`, { body });
  return "the comment is up to date";
}

function readComment() {
  let text;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new Fault(`${file}: cannot be read (${error.message}); make policy-diff writes it`);
  }
  if (!text.endsWith(MARK)) throw new Fault(`${file}: does not end with ${MARK}; make policy-diff writes one that does`);
  if (text.length <= MAX_CHARACTERS) return text;
  const left = `\n\n... and more, for which there is no room here\n\n${MARK}`;
  return `${text.slice(0, MAX_CHARACTERS - left.length)}${left}`;
}

function readNumber() {
  const number = JSON.parse(readFileSync(process.env.GITHUB_EVENT_PATH, "utf8")).pull_request?.number;
  if (!Number.isInteger(number)) throw new Fault("this run is not for a pull request");
  return number;
}

async function findEarlier(issue) {
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const comments = await ask("GET", `${issue}?per_page=${PAGE}&page=${page}`);
    const found = comments.find(({ user, body }) => user?.login === AUTHOR && body?.trimEnd().endsWith(MARK));
    if (found !== undefined || comments.length < PAGE) return found;
  }
  return undefined;
}

async function ask(method, path, content) {
  const response = await fetch(`${api}${path}`, {
    method,
    headers: {
      accept: "application/vnd.github+json",
      authorization: `Bearer ${token}`,
      "content-type": "application/json",
      "x-github-api-version": "2022-11-28",
    },
    ...(content !== undefined && { body: JSON.stringify(content) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.ok) return response.json();
  const said = `${method} ${path} was answered ${response.status}`;
  await response.body?.cancel();
  if (response.status === 401 || response.status === 403) throw new Forbidden(said);
  throw new Fault(said);
}
