// Runs a page of documentation as its reader would: what its fenced blocks say is written to files and typed into a shell, and what
// is printed must be what the page shows.
//
//   ```LANGUAGE file=PATH     the block is that file's text
//   ```console                `$ COMMAND` is run (a here-document goes on to its end mark), the lines below are its output
//   ```console                `$ npx regate serve` is left running, and must print at least what is shown
//
// A line `...` stands for any lines. What differs from run to run (ids, keys, hashes, times) is compared by its form.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Running, run, runToEnd } from "./harness-process.ts";

export type Block =
  | { readonly kind: "file"; readonly row: number; readonly path: string; readonly text: string }
  | { readonly kind: "console"; readonly row: number; readonly steps: readonly Step[] };

export type Step = { readonly command: string; readonly output: string };

const FENCE = /^```(\w+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm;
const SERVES = /^npx regate serve\b/;
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

/** What differs from run to run, and what stands for it. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "UUID"],
  [/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"],
  [/\brg[a-z]_[A-Za-z0-9_-]{20,}/g, "KEY"],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b/g, "HASH"],
  [/\b\d[\d,]* (?=(?:s|ms|bytes|units|generated inputs)\b)/g, "N "],
];

/** Whether the output is what the page shows; a line `...` stands for any lines. */
export function isShown(shown: string, output: string): boolean {
  const lines = shown.split("\n").map((line) => (line.trim() === "..." ? "[^]*?" : `${literal(formOf(line))}\\n`));
  return new RegExp(`^${lines.join("")}$`).test(shown === "" ? output : `${formOf(output.trimEnd())}\n`);
}

export function formOf(text: string): string {
  const plain = text.replace(/[ \t]+$/gm, "");
  return FORMS.reduce((formed, [form, name]) => formed.replace(form, name), plain);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

export type PlayOptions = {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the page calls something, and what it is here. */
  readonly instead: ReadonlyMap<string, string>;
};

/** Plays the page in `dir`; throws at the first command that does not print what is shown. */
export async function play(blocks: readonly Block[], { dir, env: given, instead }: PlayOptions): Promise<void> {
  const env: Record<string, string> = { ...given };
  const here = (text: string): string => [...instead].reduce((done, [from, to]) => done.replaceAll(from, to), text);
  const running = new Map<string, Running>();
  for (const block of blocks) {
    if (block.kind === "file") {
      mkdirSync(dirname(join(dir, block.path)), { recursive: true });
      writeFileSync(join(dir, block.path), here(block.text));
      continue;
    }
    for (const { command, output } of block.steps) {
      const shown = here(output);
      const exported = EXPORT.exec(command);
      if (exported?.[1] !== undefined) {
        env[exported[1]] = exported[2] ?? "";
        continue;
      }
      const compare = (printed: string): void => {
        if (!isShown(shown, printed))
          throw new Error(`line ${block.row}: $ ${command}\nis shown to print\n${shown}\nand prints\n${printed}`);
      };
      if (SERVES.test(command)) {
        await running.get("serve")?.stop("SIGINT");
        const gate = run("bash", ["-c", `exec ${here(command)} 2>&1`], { cwd: dir, env });
        running.set("serve", gate);
        await gate.printed(/^Each decision is a line of .*\n/m);
        compare(gate.stdout());
        continue;
      }
      const { stdout } = await runToEnd("bash", ["-c", `exec 2>&1\n${here(command)}`], { cwd: dir, env });
      compare(stdout);
    }
  }
  await running.get("serve")?.stop("SIGINT");
}
