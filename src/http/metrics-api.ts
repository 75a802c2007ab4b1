// `GET /metrics` for Prometheus. Whoever scrapes has a token of its own, that reads and decides nothing: the operator key
// approves calls, and does not belong on a monitoring machine.
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Metrics } from "../metrics/metrics.ts";
import { isSameHash, readBearer, sha256Hex } from "./bearer.ts";
import type { OperatorKey } from "./operator.ts";

export type MetricsApiParts = {
  readonly metrics: Pick<Metrics, "read" | "contentType">;
  /** May read them as well. */
  readonly operatorKey: OperatorKey;
  /** `metrics.token` of the configuration; undefined: the operator key only. */
  readonly token: string | undefined;
};

const NEEDED = "the token of the metrics is needed: set metrics.token in regate.yaml, and send it as Bearer";

export function createMetricsApi({ metrics, operatorKey, token }: MetricsApiParts): Hono<{ Bindings: HttpBindings }> {
  const hash = token === undefined ? undefined : sha256Hex(token);
  const isToken = (given: string | undefined): boolean =>
    hash !== undefined && given !== undefined && isSameHash(sha256Hex(given), hash);
  const api = new Hono<{ Bindings: HttpBindings }>();
  api.get("/metrics", async (c) => {
    const { authorization } = c.env.incoming.headers;
    if (!isToken(readBearer(authorization)) && !operatorKey.accepts(authorization))
      return c.text(`${NEEDED}\n`, 401, { "www-authenticate": "Bearer" });
    return c.body(await metrics.read(), 200, { "content-type": metrics.contentType });
  });
  return api;
}
