// The console, loaded when somebody looks at it for the first time: its pages are a good part of the code that a gate would
// have to read before its first answer.
import { Hono } from "hono";
import type { Env } from "./routes.ts";

/** @param load makes the console; asked once, at the first request */
export function createLateConsole(load: () => Promise<Hono<Env>>): Hono<Env> {
  let loading: Promise<Hono<Env>> | undefined;
  const app = new Hono<Env>();
  app.all("/console/*", async (c) => {
    loading ??= load();
    return (await loading).fetch(c.req.raw, c.env);
  });
  return app;
}
