// `regate keys add NAME | list | remove NAME`: the agents' API keys in regate.yaml. A key is printed once, when it is made;
// the file holds its hash only.
import { parseArgs } from "node:util";
import { type Document, isMap, isSeq, type YAMLSeq } from "yaml";
import { editConfig, readConfigDocument } from "../config/edit.ts";
import { KEY_NAME, RESERVED_KEY_NAME } from "../config/key-name.ts";
import { nearestWord } from "../config/suggest.ts";
import { makeKey, sha256Hex } from "../http/bearer.ts";
import { Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";

const USAGE = "use: regate keys add NAME, regate keys list, or regate keys remove NAME";

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: "string", short: "c", default: "regate.yaml" }, json: { type: "boolean" } },
  });
  const isJson = values.json === true;
  const [action, name, ...more] = positionals;
  if (more.length > 0) throw new Problem([`${USAGE}; ${more.join(" ")} is too much`]);
  if (action === "list" && name === undefined) return listKeys(values.config, isJson, io);
  if (name === undefined || (action !== "add" && action !== "remove")) throw new Problem([USAGE]);
  return action === "add" ? addKey(values.config, name, isJson, io) : removeKey(values.config, name, isJson, io);
}

function addKey(file: string, name: string, isJson: boolean, io: CommandIo): number {
  if (!KEY_NAME.test(name) || name === RESERVED_KEY_NAME) {
    throw new Problem([
      `${JSON.stringify(name)} is no name for a key: use 1 to 64 letters, digits, dots, dashes or underscores, and not ${RESERVED_KEY_NAME}`,
    ]);
  }
  const key = makeKey("rgk");
  let isFirst = false;
  editConfig(file, io.cwd, (document) => {
    const keys = findKeys(document, file);
    if (namesOf(keys).includes(name))
      throw new Problem([`${file}: the key ${name} is there already; remove it first, or choose another name`]);
    isFirst = keys.items.length === 0;
    // one entry to a line, however the empty list was written
    if (isFirst) keys.flow = false;
    keys.add(document.createNode({ name, sha256: sha256Hex(key) }));
  });
  io.stdout(isJson ? `${JSON.stringify({ name, key }, undefined, 2)}\n` : `${key}\n`);
  io.stderr(
    `${name}: the key above is shown this once; ${file} holds its hash. The agent sends it as Authorization: Bearer rgk_...\n`,
  );
  io.stderr("The gate knows it from its next start on.\n");
  if (isFirst) io.stderr("From then on every caller needs a key.\n");
  return 0;
}

function removeKey(file: string, name: string, isJson: boolean, io: CommandIo): number {
  let left = 0;
  editConfig(file, io.cwd, (document) => {
    const keys = findKeys(document, file);
    const names = namesOf(keys);
    const index = names.indexOf(name);
    if (index === -1) throw new Problem([`${file}: there is no key ${name}; ${hintFor(name, names)}`]);
    keys.delete(index);
    left = keys.items.length;
  });
  if (isJson) io.stdout(`${JSON.stringify({ name, left }, undefined, 2)}\n`);
  io.stderr(`${name}: removed from ${file}; the gate refuses the key from its next start on\n`);
  if (left === 0)
    io.stderr(
      "No key is left: from then on the gate takes every caller on this machine for the same one, and listens on loopback only.\n",
    );
  return 0;
}

function listKeys(file: string, isJson: boolean, io: CommandIo): number {
  const document = readConfigDocument(file, io.cwd);
  const names = namesOf(findKeys(document, file));
  if (isJson) io.stdout(`${JSON.stringify(names, undefined, 2)}\n`);
  else for (const name of names) io.stdout(`${name}\n`);
  return 0;
}

/** The list under `keys`; an empty one, put into the document, where there is none. */
function findKeys(document: Document, file: string): YAMLSeq {
  const keys = document.get("keys");
  if (isSeq(keys)) return keys;
  if (keys !== undefined && keys !== null)
    throw new Problem([`${file}: keys must be a list of keys, each with name and sha256`]);
  const empty = document.createNode([]);
  document.set("keys", empty);
  return empty;
}

function namesOf(keys: YAMLSeq): string[] {
  return keys.items.map((item) => (isMap(item) ? String(item.get("name")) : ""));
}

function hintFor(name: string, names: readonly string[]): string {
  const near = nearestWord(name, names);
  if (near !== undefined) return `did you mean ${near}?`;
  return names.length === 0 ? "there are none" : `there are ${names.join(", ")}`;
}
