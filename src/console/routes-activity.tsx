// What the gate does: the overview, the decisions, one decision, and the stream that tells open pages of a change.
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { readRange, summarize } from "./chart.ts";
import { findDecision, findDecisions, readDecisionFilter } from "./decisions.ts";
import { createEvents } from "./events.ts";
import { HEADERS } from "./headers.ts";
import type { Shared } from "./routes.ts";
import { DECISIONS, EVENTS, HOME } from "./urls.ts";
import { DecisionPage } from "./views/decision.tsx";
import { DecisionsPage } from "./views/decisions.tsx";
import { OverviewPage } from "./views/overview.tsx";

const MINUTE_MS = 60_000;
const REFUSED_TOOLS = 8;
const HOUR_MS = 3_600_000;

export function addActivity({ app, ports, guard, view, notFound }: Shared): void {
  const { activity, lines, freezes, approvals, status, unixMs } = ports;
  const events = createEvents();
  activity.onCount(events.notify);
  lines.onLines(events.notify);
  freezes.onChange(events.notify);
  approvals.onChange(events.notify);

  app.get(HOME, (c) => {
    const nowUnixMs = unixMs();
    const range = readRange(c.req.query("range"));
    const summary = summarize(activity.minutes(nowUnixMs - range.minutes * MINUTE_MS), range, nowUnixMs);
    const sessions = activity.sessions().filter(({ lastUnixMs }) => lastUnixMs > nowUnixMs - HOUR_MS).length;
    const refused = activity.refusedTools(REFUSED_TOOLS);
    const { viewer } = view(c);
    return c.html(<OverviewPage {...{ viewer, status: status(), range, summary, refused, sessions, nowUnixMs }} />);
  });

  app.get(DECISIONS, (c) => {
    const filter = readDecisionFilter((name) => c.req.query(name));
    const found = findDecisions(lines, filter, c.req.query("page"));
    return c.html(<DecisionsPage {...{ viewer: view(c).viewer, filter, found, servers: [...ports.servers.keys()] }} />);
  });

  app.get(`${DECISIONS}/:id`, (c) => {
    const decision = findDecision(lines, c.req.param("id"));
    if (decision === undefined) {
      return notFound(
        c,
        "No such decision is among the last ones that are kept here; regate why looks for it in the log.",
      );
    }
    const { policy, viewer } = view(c);
    return c.html(<DecisionPage viewer={viewer} decision={decision} rules={policy.rules} />);
  });

  app.get(EVENTS, (c) => {
    events.open(
      c.env.outgoing,
      HEADERS,
      () => guard.signInOf(c) !== undefined || c.req.header("authorization") !== undefined,
    );
    return RESPONSE_ALREADY_SENT;
  });
}
