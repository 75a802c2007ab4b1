// The sessions with their buckets, and the bundle.
import type { Shared } from "./routes.ts";
import { listSessions } from "./session-list.ts";
import { BUNDLE, SESSIONS } from "./urls.ts";
import { BundlePage } from "./views/bundle.tsx";
import { sliceList } from "./views/pages.tsx";
import { SessionsPage } from "./views/sessions.tsx";

export function addStanding({ app, ports, view }: Shared): void {
  app.get(SESSIONS, (c) => {
    const { list, isCut } = ports.buckets();
    const { sessions, shared } = listSessions(ports.activity.sessions(), list);
    const found = sliceList(sessions, c.req.query("page"));
    return c.html(<SessionsPage {...{ viewer: view(c).viewer, found, shared, isCut, nowUnixMs: ports.unixMs() }} />);
  });

  app.get(BUNDLE, (c) => {
    const { policy, viewer } = view(c);
    const [status, nowUnixMs] = [ports.status(), ports.unixMs()];
    return c.html(<BundlePage {...{ viewer, status, bundle: policy.describe(), rules: policy.rules, nowUnixMs }} />);
  });
}
