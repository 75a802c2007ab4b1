// What the parts of the console share: the frame around a page, and who may change something.
import type { HttpBindings } from "@hono/node-server";
import type { Context, Hono, MiddlewareHandler } from "hono";
import type { Guard } from "./guard.tsx";
import type { ConsolePorts, PolicyView } from "./ports.ts";
import type { Viewer } from "./views/layout.tsx";

export type Env = { Bindings: HttpBindings };
export type Ctx = Context<Env>;

export type Shared = {
  readonly app: Hono<Env>;
  readonly ports: ConsolePorts;
  readonly guard: Guard;
  /** The policy that judges now, and what the frame says of who looks. */
  readonly view: (c: Ctx) => { readonly policy: PolicyView; readonly viewer: Viewer };
  readonly notFound: (c: Ctx, what: string) => Response | Promise<Response>;
  /** Refuses a form of a size that none of the console's own has. */
  readonly smallForm: MiddlewareHandler<Env>;
};
