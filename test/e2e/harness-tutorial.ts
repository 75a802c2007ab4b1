// Runs a page of documentation as its reader would: what its fenced blocks say is written to files and typed into a shell, and what
// is printed must be what the page shows.
//
//   ```LANGUAGE file=PATH     the block is that file's text
//   ```console                `$ COMMAND` is run (a here-document goes on to its end mark), the lines below are its output
//
// `$ npx regate serve` is left running, and so is `$ COMMAND &`; `$ wait` shows what that printed. A line `...` stands for any lines.
// A command that fails shows `exit code N` behind its output. What differs from run to run (ids, hashes, times, counts) is compared by its form; an id that was printed is the one that is typed.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Running, run, runToEnd } from "./harness-process.ts";

export type Block =
  | { readonly kind: "file"; readonly row: number; readonly path: string; readonly text: string }
  | { readonly kind: "console"; readonly row: number; readonly steps: readonly Step[] };

export type Step = { readonly command: string; readonly output: string };

const FENCE = /^```(\w+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm;
const SERVES = /^npx regate serve\b/;
const MAX_TRIES = 5;
const EXPORT = /^export (\w+)=(\S+)$/;

/** Blocks in any other language are for reading only. */
export function readBlocks(page: string): Block[] {
  return [...page.matchAll(FENCE)].flatMap(({ 1: language, 2: path, 3: text = "", index }): Block[] => {
    const row = page.slice(0, index).split("\n").length;
    if (path !== undefined) return [{ kind: "file", row, path, text }];
    return language === "console" ? [{ kind: "console", row, steps: readSteps(text) }] : [];
  });
}

function readSteps(text: string): Step[] {
  const [before = "", ...steps] = text.split(/^\$ /m);
  if (before !== "") throw new Error(`a block begins without a command: ${before}`);
  return steps.map((step) => {
    const [line = "", ...rest] = step.split("\n");
    const mark = /<<'?(\w+)'?/.exec(line)?.[1];
    const end = mark === undefined ? 0 : rest.indexOf(mark) + 1;
    return { command: [line, ...rest.slice(0, end)].join("\n"), output: rest.slice(end).join("\n").trimEnd() };
  });
}

const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
/** What differs from run to run. */
const FORMS = [
  UUID,
  /\d{4}-\d\d-\d\dT[\d:.]+Z/,
  // hashes and revisions
  /(?=[a-f]*\d)[0-9a-f]{7,64}/,
  /[\d,.]+ (?:s|ms|min|bytes|units)/,
  /[\d,]+ (?:packages|generated inputs)/,
];
const FORM = new RegExp(`\\b(?:${FORMS.map(({ source }) => source).join("|")})\\b`, "g");

/** What the page calls an id, and what it is here; undefined where the output is not what the page shows. */
export function compareOutput(shown: string, output: string): ReadonlyMap<string, string> | undefined {
  if (shown === "") return output.trim() === "" ? new Map() : undefined;
  const names: string[] = [];
  const pattern = shown.split("\n").map((line) => {
    if (line.trim() === "...") return "(?:(?!exit code ).*\\n)*?";
    let [text, end] = ["", 0];
    for (const { 0: found, index } of line.matchAll(FORM)) {
      const form = FORMS.find(({ source }) => new RegExp(`^${source}$`).test(found)) ?? UUID;
      names.push(found);
      text += `${literal(line.slice(end, index))}(${form.source})`;
      end = index + found.length;
    }
    return `${text}${literal(line.slice(end).trimEnd())}[ \\t]*\\n`;
  });
  const found = new RegExp(`^${pattern.join("")}$`).exec(`${output.trimEnd()}\n`);
  return found === null ? undefined : new Map(names.map((name, index) => [name, found[index + 1] ?? ""]));
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export type PlayOptions = {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where the gate listens in the place of 8787. */
  readonly port: string;
};

/** Plays the page in `dir`; throws at the first command that does not print what is shown. */
export async function play(blocks: readonly Block[], options: PlayOptions): Promise<void> {
  const { dir, port } = options;
  const env: Record<string, string> = { ...options.env };
  /** What the page calls something, and what it is here. */
  const instead = new Map([["8787", port]]);
  const here = (text: string): string => [...instead].reduce((done, [from, to]) => done.replaceAll(from, to), text);
  const left = new Map<"gate" | "begun", Running>();

  /** @returns all that it printed */
  const type = async (command: string): Promise<string> => {
    const [, name, value] = EXPORT.exec(command) ?? [];
    if (name !== undefined && value !== undefined) {
      env[name] = value;
      return "";
    }
    if (SERVES.test(command)) {
      await left.get("gate")?.stop("SIGINT");
      const gate = run("bash", ["-c", `exec ${here(command)} --port ${port} 2>&1`], { cwd: dir, env });
      left.set("gate", gate);
      await gate.printed(/^Each decision is a line of .*\n/m);
      return gate.stdout();
    }
    if (command.endsWith(" &")) {
      const begun = run("bash", ["-c", `exec 2>&1\n${here(command.slice(0, -2))}`], { cwd: dir, env });
      left.set("begun", begun);
      return "";
    }
    if (command === "wait") {
      const begun = left.get("begun");
      await begun?.exited;
      return begun?.stdout() ?? "";
    }
    const { code, stdout } = await runToEnd("bash", ["-c", `exec 2>&1\n${here(command)}`], { cwd: dir, env });
    return code === 0 ? stdout : `${stdout}exit code ${code}\n`;
  };

  for (const block of blocks) {
    if (block.kind === "file") {
      mkdirSync(dirname(join(dir, block.path)), { recursive: true });
      writeFileSync(join(dir, block.path), here(block.text));
      continue;
    }
    for (const { command, output } of block.steps) {
      const shown = here(output);
      let printed = await type(command);
      let found = compareOutput(shown, printed);
      // what was begun may not have come so far
      for (let tries = 0; found === undefined && left.has("begun") && tries < MAX_TRIES; tries++) {
        printed = await type(command);
        found = compareOutput(shown, printed);
      }
      if (found === undefined)
        throw new Error(`line ${block.row}: $ ${command}\nis shown to print\n${shown}\nand prints\n${printed}`);
      for (const [name, value] of found) if (new RegExp(`^${UUID.source}$`).test(name)) instead.set(name, value);
      if (command === "wait") left.delete("begun");
    }
  }
  await left.get("gate")?.stop("SIGINT");
}
