// GitHub, as far as a comment needs it: issue comments over its REST API, on loopback, by page. It is strict where GitHub is: a
// token that may not write is answered 403.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { z } from "zod";
import { whenDone } from "./harness-process.ts";

export const WRITING_TOKEN = "writes";
export const READING_TOKEN = "reads";
export const BOT = "github-actions[bot]";

export type Comment = { readonly id: number; readonly issue: number; readonly user: { login: string }; body: string };

export type GitHub = {
  readonly url: string;
  /** Of a pull request, oldest first. */
  comments(issue: number): readonly Comment[];
  /** As someone would on the web. */
  comment(issue: number, login: string, body: string): void;
  /** Method and path of each request so far. */
  readonly requests: readonly string[];
};

const bodySchema = z.object({ body: z.string().min(1).max(65_536) });

export async function startGitHub(repository: string): Promise<GitHub> {
  const comments: Comment[] = [];
  const requests: string[] = [];
  const add = (issue: number, login: string, body: string): Comment => {
    const comment = { id: comments.length + 1, issue, user: { login }, body };
    comments.push(comment);
    return comment;
  };
  const answer = async (request: IncomingMessage): Promise<readonly [status: number, content: unknown]> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://github.invalid");
    requests.push(`${request.method} ${pathname}`);
    const token = request.headers.authorization?.replace("Bearer ", "");
    if (token !== WRITING_TOKEN && token !== READING_TOKEN) return [401, { message: "Bad credentials" }];
    const path = pathname.startsWith(`/repos/${repository}/`) ? pathname.slice(`/repos/${repository}/`.length) : "";
    const [, issue, id] = /^issues\/(?:(\d+)\/comments|comments\/(\d+))$/.exec(path) ?? [];
    if (request.method === "GET" && issue !== undefined) {
      const [size, page] = [Number(searchParams.get("per_page") ?? 30), Number(searchParams.get("page") ?? 1)];
      const own = comments.filter((comment) => comment.issue === Number(issue));
      return [200, own.slice((page - 1) * size, page * size)];
    }
    if (token !== WRITING_TOKEN) return [403, { message: "Resource not accessible by integration" }];
    const parsed = bodySchema.safeParse(JSON.parse(await readAll(request)));
    if (!parsed.success) return [422, { message: "Validation Failed" }];
    if (request.method === "POST" && issue !== undefined) return [201, add(Number(issue), BOT, parsed.data.body)];
    const found = comments.find((comment) => comment.id === Number(id));
    if (request.method !== "PATCH" || found === undefined) return [404, { message: "Not Found" }];
    found.body = parsed.data.body;
    return [200, found];
  };
  const server = createServer((request, response) => {
    answer(request).then(
      ([status, content]) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
      },
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  whenDone(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    comments: (issue) => comments.filter((comment) => comment.issue === issue),
    comment: (issue, login, body) => void add(issue, login, body),
    requests,
  };
}

async function readAll(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}
