// Freezing and thawing from the console: the page, and the one form that does both.
import { OPERATOR } from "../approvals/approval.ts";
import type { FreezeScope } from "../freeze/freeze.ts";
import type { Ctx, Shared } from "./routes.ts";
import { FREEZE } from "./urls.ts";
import { FreezePage } from "./views/freeze-page.tsx";

const MAX_PRINCIPALS = 100;

export function addFreeze({ app, ports, guard, view, smallForm }: Shared): void {
  const { freezes, activity, servers } = ports;

  const page = (c: Ctx, chosen: FreezeScope, problem?: string) => {
    const principals = [...new Set(activity.sessions().map(({ principal }) => principal))]
      .slice(0, MAX_PRINCIPALS)
      .sort();
    return <FreezePage {...{ viewer: view(c).viewer, servers: [...servers.keys()], principals, chosen, problem }} />;
  };

  app.get(FREEZE, (c) => c.html(page(c, { server: c.req.query("server"), principal: c.req.query("principal") })));

  app.post(FREEZE, smallForm, async (c) => {
    const change = await guard.readChange(c);
    if (change.kind === "refused") return change.answer;
    const { form } = change;
    const field = (name: string): string | undefined => form.get(name)?.trim() || undefined;
    const scope: FreezeScope = { server: field("server"), principal: field("principal") };
    const thaw = form.get("thaw");
    const outcome =
      thaw === "all"
        ? freezes.thawAll(OPERATOR)
        : thaw === "one"
          ? freezes.thaw(scope, OPERATOR)
          : freezes.freeze(scope, OPERATOR);
    if (outcome.kind === "refused") return c.html(page(c, scope, outcome.problem), 409);
    return outcome.unkept === undefined ? c.redirect(FREEZE, 303) : c.html(page(c, {}, outcome.unkept), 500);
  });
}
