// Where the log is, and the key that chains it: of the configuration, unless they are named.
import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { locateFiles } from "../../config/config.ts";
import type { NamedLog } from "../../log/log-files.ts";
import { Problem } from "../../problem.ts";
import { secretKeyFile } from "../../state/state.ts";
import type { CommandIo } from "../command.ts";

const DEFAULT_CONFIG = "regate.yaml";

type Named = { readonly config: string | undefined; readonly file: string | undefined };

/** @throws Problem where there is no configuration that says it */
export function locateLog({ config, file }: Named, { cwd }: CommandIo): NamedLog {
  if (file !== undefined) return { file: resolve(cwd, file), shown: file };
  const log = locate(config, cwd)?.log;
  if (log === undefined) {
    throw new Problem([
      `there is no ${DEFAULT_CONFIG} here that says where the decision log is: name the log, or -c FILE`,
    ]);
  }
  return { file: log, shown: show(log, cwd) };
}

/** @throws Problem where there is no configuration that says it */
export function locateKey(config: string | undefined, { cwd }: CommandIo): string {
  const located = locate(config, cwd);
  if (located === undefined) {
    throw new Problem([
      `there is no ${DEFAULT_CONFIG} here that says where the key of the log is: name it with --key FILE, or -c FILE`,
    ]);
  }
  return located.logKey ?? secretKeyFile(located.state, "log");
}

function locate(config: string | undefined, cwd: string) {
  const isThere = config !== undefined || existsSync(resolve(cwd, DEFAULT_CONFIG));
  return isThere ? locateFiles(config ?? DEFAULT_CONFIG, cwd) : undefined;
}

function show(path: string, cwd: string): string {
  return relative(cwd, path).startsWith("..") ? path : relative(cwd, path);
}
