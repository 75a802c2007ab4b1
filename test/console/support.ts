// A console as the gate serves it: over real HTTP, on a policy that OPA built, with what servers list given by the test.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { composeConsole } from "../../src/compose-console.ts";
import { listTools, type ToolRow } from "../../src/console/tools.ts";
import type { Catalogue, LiveView } from "../../src/console/ports.ts";
import { createApp } from "../../src/http/app.ts";
import { createAuthenticator } from "../../src/http/auth.ts";
import { listen } from "../../src/http/listen.ts";
import { openOperatorKey } from "../../src/http/operator.ts";
import { createOriginCheck } from "../../src/http/origin.ts";
import { loadActivePolicy } from "../../src/policy/active-policy.ts";
import { parseConfig } from "../config/parse.ts";
import { type Answer, type Body, send } from "../e2e/harness-wire.ts";
import { buildFolder, type Files, makeFolder } from "../policy/support.ts";

export const OPERATOR_KEY = "operator-key-of-the-console-tests";
export const NOTHING_SEEN: LiveView = { statusOf: () => ({ kind: "unseen" }), uncatalogued: () => [] };
