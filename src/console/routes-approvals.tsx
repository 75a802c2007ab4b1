// Approving and denying in the console: the queue, one request, and the forms that answer. An agent has no way here.
import { type ApprovalOutcome, type Later, OPERATOR } from "../approvals/approval.ts";
import { messageOf } from "../problem.ts";
import type { Ctx, Shared } from "./routes.ts";
import { APPROVALS, approvalUrl } from "./urls.ts";
import { ApprovalPage, ApprovalsPage, jsonOf } from "./views/approvals.tsx";
import { MessagePage } from "./views/message.tsx";

const MAX_PENDING = 100;
const MAX_OTHERS = 50;

export function addApprovals({ app, ports, guard, view, notFound, smallForm }: Shared): void {
  const { approvals, unixMs } = ports;

  const queue = (c: Ctx, problem?: string) => {
    const { policy, viewer } = view(c);
    const all = approvals.list();
    const pending = all
      .filter(({ state }) => state === "pending")
      .sort((a, b) => a.lapsesUnixMs - b.lapsesUnixMs)
      .slice(0, MAX_PENDING);
    const others = all.filter(({ state }) => state !== "pending").slice(0, MAX_OTHERS);
    return <ApprovalsPage {...{ viewer, pending, others, rules: policy.rules, nowUnixMs: unixMs(), problem }} />;
  };

  const unknown = (c: Ctx) => notFound(c, "There is no request for approval of this id: it may have been forgotten.");

  app.get(APPROVALS, (c) => c.html(queue(c)));

  app.get(`${APPROVALS}/:id`, async (c) => {
    const id = c.req.param("id");
    const link = c.req.query("link");
    if (link !== undefined) {
      const followed = await approvals.followLink(id, link);
      if (followed.kind === "done") return c.redirect(approvalUrl(id), 303);
      return c.html(
        <MessagePage
          title="This link leads nowhere"
          message={`${sentence(followed.problem)} The queue has what waits.`}
          viewer={view(c).viewer}
        />,
        410,
      );
    }
    const request = approvals.find(id);
    if (request === undefined) return unknown(c);
    const { policy, viewer } = view(c);
    return c.html(<ApprovalPage {...{ viewer, request, rules: policy.rules, nowUnixMs: unixMs() }} />);
  });

  // as they are, for who wants to see more than a page shows
  app.get(`${APPROVALS}/:id/arguments`, (c) => {
    const request = approvals.find(c.req.param("id"));
    if (request === undefined) return unknown(c);
    return c.text(jsonOf(request), 200, { "content-disposition": 'attachment; filename="arguments.json"' });
  });

  const answer = async (c: Ctx, decide: (form: URLSearchParams) => Later<ApprovalOutcome>) => {
    const change = await guard.readChange(c);
    if (change.kind === "refused") return change.answer;
    let outcome: ApprovalOutcome;
    try {
      outcome = await decide(change.form);
    } catch (error) {
      ports.log(`approvals: ${messageOf(error)}`);
      return c.html(queue(c, "It could not be written down, so nothing was decided. The gate's log says more."), 500);
    }
    if (outcome.kind === "refused")
      return c.html(queue(c, `${sentence(outcome.problem)} ${sentence(outcome.remedy)}`), 409);
    return c.redirect(APPROVALS, 303);
  };

  app.post(`${APPROVALS}/:id/approve`, smallForm, (c) => {
    const id = c.req.param("id");
    return answer(c, (form) => {
      const minutes = form.get("minutes")?.trim() ?? "";
      // the button for one call says nothing of minutes, whatever stands in the field
      if (form.get("grant") !== "yes") return approvals.approve(id, OPERATOR);
      if (minutes === "") return { kind: "refused", problem: "say for how many minutes", remedy: "or approve it once" };
      return approvals.approve(id, OPERATOR, Number(minutes));
    });
  });

  app.post(`${APPROVALS}/:id/deny`, smallForm, (c) => {
    const id = c.req.param("id");
    return answer(c, (form) => approvals.deny(id, OPERATOR, form.get("reason")?.trim() ?? ""));
  });
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
