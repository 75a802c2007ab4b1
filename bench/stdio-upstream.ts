// The least MCP server over stdio: a line in, a line out, at once.
import { answerTo } from "./upstream-answers.ts";

let rest = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (chunk: string) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop() ?? "";
  let out = "";
  for (const line of lines) {
    const message = JSON.parse(line);
    if (message.id !== undefined) out += `${answerTo(message)}\n`;
  }
  if (out !== "") process.stdout.write(out);
});
process.stdin.on("end", () => process.exit(0));
