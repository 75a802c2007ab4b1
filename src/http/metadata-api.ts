// The metadata documents of the gate as an OAuth resource server (RFC 9728). For anyone.
import type { HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import { SERVER_KEY } from "../config/server-schema.ts";
import { ALL_SERVERS, type Resource, WELL_KNOWN } from "./resource.ts";

/**
 * Answers for any name that a server may have: whoever asks has proved nothing yet, and is not told which servers there are.
 * @param resource undefined where no issuer is configured: there is nothing to be found then
 */
export function createMetadataApi(resource: Resource | undefined): Hono<{ Bindings: HttpBindings }> {
  const api = new Hono<{ Bindings: HttpBindings }>();
  if (resource === undefined) return api;
  api.get(WELL_KNOWN, (c) => c.json(resource.describe(undefined)));
  api.get(`${WELL_KNOWN}/mcp`, (c) => c.json(resource.describe(ALL_SERVERS)));
  api.get(`${WELL_KNOWN}/mcp/:server`, (c, next) => {
    const server = c.req.param("server");
    return SERVER_KEY.test(server) ? c.json(resource.describe(server)) : next();
  });
  return api;
}
