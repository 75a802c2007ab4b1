// The console's routes, and who may see them: the operator, by a sign-in or by the key in a header. Nothing here is on the
// path of a call.
import { type Context, Hono, type Next } from "hono";
import { bodyLimit } from "hono/body-limit";
import { describeFrozen } from "../status/describe-frozen.ts";
import { ASSETS } from "./assets/assets.ts";
import { createGuard } from "./guard.tsx";
import { HEADERS } from "./headers.ts";
import type { ConsolePorts } from "./ports.ts";
import type { Ctx, Env, Shared } from "./routes.ts";
import { addActivity } from "./routes-activity.tsx";
import { addApprovals } from "./routes-approvals.tsx";
import { addStanding } from "./routes-bundle.tsx";
import { addCatalogue } from "./routes-catalogue.tsx";
import { addFreeze } from "./routes-freeze.tsx";
import { addPlayground } from "./routes-playground.tsx";
import { HOME, SIGN_IN, SIGN_OUT } from "./urls.ts";
import { MessagePage } from "./views/message.tsx";

/** `/console` itself too. */
const EVERYTHING = "/console/*";
const FOR_EVER = "public, max-age=31536000, immutable";
const MAX_FORM_BYTES = 16_384;

export function createConsole(ports: ConsolePorts): Hono<Env> {
  const app = new Hono<Env>();
  const guard = createGuard(ports);

  const view: Shared["view"] = (c) => {
    const policy = ports.policy();
    const frozen = describeFrozen(ports.freezes.list());
    const csrf = guard.signInOf(c)?.csrf;
    const waiting = ports.approvals.list({ state: "pending" }).length;
    return { policy, viewer: { revision: policy.revision, csrf, version: ports.version, frozen, waiting } };
  };
  const notFound = (c: Ctx, what: string) => {
    return c.html(<MessagePage title="Not found" message={what} viewer={view(c).viewer} />, 404);
  };
  const smallForm = bodyLimit({
    maxSize: MAX_FORM_BYTES,
    onError: (c) => c.html(<MessagePage title="Too large" message="A form of this size is none of ours." />, 413),
  });

  app.use(EVERYTHING, async (c, next) => {
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    await next();
  });

  app.get("/console/assets/:name", (c) => {
    const asset = ASSETS.get(c.req.path);
    if (asset === undefined) return c.text("not found", 404);
    return c.body(asset.text, 200, { "content-type": asset.type, "cache-control": FOR_EVER });
  });

  app.get(SIGN_IN, guard.showSignIn);
  app.post(SIGN_IN, smallForm, guard.signIn);
  app.post(SIGN_OUT, smallForm, guard.signOut);

  app.use(EVERYTHING, (c: Context<Env>, next: Next) => guard.admit(c, next));

  app.get("/console", (c) => c.redirect(HOME, 303));
  const shared: Shared = { app, ports, guard, view, notFound, smallForm };
  addActivity(shared);
  addApprovals(shared);
  addStanding(shared);
  addPlayground(shared);
  addFreeze(shared);
  addCatalogue(shared);

  app.all(EVERYTHING, (c) => notFound(c, "The console has no such page."));

  app.onError((error, c) => {
    ports.log(`internal error in the console: ${error.stack ?? error.message}`);
    return c.html(<MessagePage title="Internal error" message="The gate's log says more." />, 500);
  });

  return app;
}
