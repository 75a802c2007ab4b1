// Loads regate.yaml: the only way in for what a person configures. Every fault of the file is reported at once.
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { Problem } from "../problem.ts";
import { KEPT_BUNDLE } from "./bundle-schema.ts";
import { describeFaults, type Fault, toFaults } from "./faults.ts";
import { isLoopback, type Listen } from "./listen.ts";
import { type Config, configSchema, DEFAULT_LOG_FILE, DEFAULT_STATE, listenSchema } from "./schema.ts";
import { readSource } from "./source.ts";

/**
 * @param file as the user named it: messages show it so; resolved against `cwd`
 * @param env fills the ${NAME} of servers
 * @param cwd absolute
 * @throws Problem with one line for each fault, `file:line:column field: what is wrong; remedy`
 */
export function loadConfig(file: string, env: NodeJS.ProcessEnv, cwd: string): Config {
  const path = resolve(cwd, file);
  const source = readSource(path, file);
  // once: what zod would compile for it costs more than it saves
  const parsed = configSchema({ file: path, folder: dirname(path), env }).safeParse(source.value, { jitless: true });
  const reach = parsed.success ? parsed.data : reachSchema.safeParse(source.value).data;
  const faults = [...(parsed.success ? [] : toFaults(parsed.error)), ...(reach === undefined ? [] : exposed(reach))];
  const [first, ...more] = describeFaults(source, faults);
  if (first !== undefined) throw new Problem([first, ...more]);
  if (!parsed.success) throw new Error("the schema refused the configuration without naming a fault");
  return parsed.data;
}

/** Where a gate's files lie, absolute. */
export type Located = {
  readonly state: string;
  readonly log: string;
  /** Undefined where the file names none: it is one of the state folder's own. */
  readonly logKey: string | undefined;
  /** Undefined where the file names none. */
  readonly bundle: string | undefined;
};

const name = z.string().min(1);
const locationsSchema = z.object({
  state: name.default(DEFAULT_STATE),
  bundle: z.union([name, z.looseObject({ file: name.optional() })]).optional(),
  log: z.object({ file: name.optional(), keyFile: name.optional() }).optional(),
});

/**
 * Where the files lie that `file` names, with nothing else of it checked: for commands that only look for the running gate or
 * its log, and need none of the variables that its servers need.
 * @throws Problem where the file can't be read, isn't YAML, or one of these isn't text
 */
export function locateFiles(file: string, cwd: string): Located {
  const path = resolve(cwd, file);
  const source = readSource(path, file);
  const parsed = locationsSchema.safeParse(source.value);
  if (!parsed.success) {
    const at = parsed.error.issues.map(({ path: field }) => ({
      path: field,
      message: `must name a ${field[0] === "state" ? "folder" : "file"}`,
    }));
    const [first, ...more] = describeFaults(source, at);
    throw new Problem([first ?? `${file}: state, bundle, log.file and log.keyFile must be names`, ...more]);
  }
  const { state, bundle, log } = parsed.data;
  const locate = (located: string): string => resolve(dirname(path), located);
  // what comes from a service is kept in the state folder
  const named = typeof bundle === "object" ? (bundle.file ?? resolve(locate(state), KEPT_BUNDLE)) : bundle;
  return {
    state: locate(state),
    log: log?.file === undefined ? resolve(locate(state), DEFAULT_LOG_FILE) : locate(log.file),
    logKey: log?.keyFile === undefined ? undefined : locate(log.keyFile),
    bundle: named === undefined ? undefined : locate(named),
  };
}

/** The state folder alone. @throws Problem as locateFiles */
export function locateState(file: string, cwd: string): string {
  return locateFiles(file, cwd).state;
}

type Reach = {
  readonly listen: Listen;
  readonly keys: readonly unknown[];
  readonly auth: { readonly url?: unknown; readonly issuers: object };
};

/** What of a file with other faults says who can reach the gate. */
const reachSchema = z.object({
  listen: listenSchema,
  keys: z.array(z.unknown()).default([]),
  auth: z
    .object({ url: z.unknown().optional(), issuers: z.record(z.string(), z.unknown()).default({}) })
    .default({ issuers: {} }),
});

/**
 * Whoever reaches the port of a gate without keys may use it: so it must be reachable from this machine only. And what tokens
 * are for is a URL that callers know: on another address than loopback nothing says which.
 */
function exposed({ listen, keys, auth }: Reach): Fault[] {
  if (isLoopback(listen.host)) return [];
  const hasIssuers = Object.keys(auth.issuers).length > 0;
  if (hasIssuers && auth.url === undefined) {
    const message = "is missing; it must be where callers reach this gate, as in https://gate.example.com";
    return [{ path: ["auth", "url"], message }];
  }
  if (hasIssuers || keys.length > 0) return [];
  const message =
    "would let anyone on the network call without a key; add one with regate keys add NAME, or listen on 127.0.0.1";
  return [{ path: ["listen"], message }];
}
