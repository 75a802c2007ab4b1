// The commands, by what each says of itself.
import { runCommand } from "../../build/cli/commands.js";

export async function renderCommands() {
  const overview = await help(["--help"]);
  const names = [...overview.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name]) => name);
  const sections = await Promise.all(
    names.map(async (name) => {
      const [usage, ...summary] = (await help([name, "--help"])).trim().split("\n");
      return `## ${name}\n\n    ${usage.replace(/^usage: /, "")}\n\n${capitalise(summary.join(" "))}.`;
    }),
  );
  const codes =
    "Exit codes: 0 done, 1 the check found something, 2 wrong use or bad input, 70 a bug. `regate COMMAND --help` says the same as this page, which `make reference` makes of it.";
  return `${["# Commands", codes, ...sections].join("\n\n")}\n`;
}

async function help(argv) {
  let printed = "";
  const code = await runCommand(argv, {
    stdout: (text) => {
      printed += text;
    },
    stderr: (text) => {
      throw new Error(text);
    },
    env: {},
    cwd: "/",
    stdin: () => Promise.reject(new Error("not read")),
  });
  if (code !== 0) throw new Error(`regate ${argv.join(" ")} ends with ${code}`);
  return printed;
}

function capitalise(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
