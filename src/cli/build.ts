// `regate build [DIR] [-o FILE]`: checks and compiles a policy folder with the shipped library to a bundle, which OPA signs where
// there is a key. The file is there whole or not at all; a fault in the policy leaves the old one.
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { unfitFor, verifySignature } from "../bundles/signature.ts";
import { SIGNATURE_ALGORITHMS, type SignatureAlgorithm } from "../config/bundle-schema.ts";
import { buildBundle, type Signing } from "../policy/build/compose.ts";
import { readArchive } from "../policy/bundle.ts";
import { findOpa } from "../policy/opa.ts";
import { listServers } from "../policy/rule-index.ts";
import { writeFiles } from "../policy/write-files.ts";
import { messageOf, Problem } from "../problem.ts";
import type { CommandIo } from "./command.ts";

export async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { dir, output, isJson, ...given } = readArgs(args);
  const signing = readSigning(given, io.cwd);
  const opa = await findOpa(io.env, io.cwd);
  const folder = { dir: resolve(io.cwd, dir), shown: dir };
  const { bytes, bundle } = await buildBundle(folder, opa, "shipped", signing);
  if (signing !== undefined) {
    const { algorithm, key, scope } = signing;
    verifySignature(await readArchive(bytes, output), { algorithm, key, keyId: undefined, scope }, output);
  }
  await writeFiles([{ file: resolve(io.cwd, output), shown: output, content: bytes }]);
  const count = listServers(bundle.rules).length;
  if (isJson) {
    const made = { file: output, revision: bundle.revision, rules: bundle.rules.size, servers: count };
    io.stdout(`${JSON.stringify({ ...made, bytes: bytes.length, signed: signing?.algorithm }, undefined, 2)}\n`);
    return 0;
  }
  const servers = count === 1 ? "1 server" : `${count} servers`;
  const signed = signing === undefined ? "" : `, signed by ${signing.algorithm}`;
  io.stdout(
    `${output}: revision ${bundle.revision}, ${bundle.rules.size} rules, ${servers}, ${bytes.length} bytes${signed}; regate serve --bundle ${output} judges by it\n`,
  );
  return 0;
}

type Args = {
  readonly dir: string;
  readonly output: string;
  readonly sequence: number | undefined;
  readonly keyFile: string | undefined;
  readonly algorithm: string;
  readonly claimsFile: string | undefined;
  readonly isJson: boolean;
};

function readArgs(args: readonly string[]): Args {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      output: { type: "string", short: "o", default: "bundles/regate.tar.gz" },
      sequence: { type: "string" },
      "signing-key": { type: "string" },
      "signing-alg": { type: "string", default: "RS256" },
      "claims-file": { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const [dir = "rego", ...others] = positionals;
  if (others.length > 0)
    throw new Problem([`regate build: one policy folder at a time, not ${positionals.join(" and ")}`]);
  return {
    dir,
    output: values.output,
    sequence: readSequence(values.sequence),
    keyFile: values["signing-key"],
    algorithm: values["signing-alg"],
    claimsFile: values["claims-file"],
    isJson: values.json,
  };
}

function readSequence(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const sequence = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(sequence)) return sequence;
  throw new Problem([`--sequence ${text}: must be a whole number, as of git rev-list --count HEAD`]);
}

type ReadSigning = Signing & {
  readonly algorithm: SignatureAlgorithm;
  /** The public half. */
  readonly key: KeyObject;
  readonly scope: string | undefined;
};

/** @throws Problem where the key does not fit, or the claims are none */
function readSigning(args: Omit<Args, "dir" | "output" | "isJson">, cwd: string): ReadSigning | undefined {
  const { keyFile, algorithm, claimsFile, sequence } = args;
  if (keyFile === undefined) {
    if (claimsFile === undefined && sequence === undefined) return undefined;
    throw new Problem(["--sequence and --claims-file are for a bundle that is signed; name a key: --signing-key FILE"]);
  }
  const known = SIGNATURE_ALGORITHMS.find((one) => one === algorithm);
  if (known === undefined) {
    throw new Problem([`--signing-alg ${algorithm}: must be one of ${SIGNATURE_ALGORITHMS.join(", ")}`]);
  }
  const file = resolve(cwd, keyFile);
  const key = readPublicHalf(file, keyFile);
  const unfit = unfitFor(key, known);
  if (unfit !== undefined) throw new Problem([`--signing-key ${keyFile}: it ${unfit}; see --signing-alg`]);
  const given = claimsFile === undefined ? {} : readClaims(resolve(cwd, claimsFile), claimsFile);
  const claims = { ...given, ...(sequence !== undefined && { sequence }) };
  return { keyFile: file, algorithm: known, claims, key, scope: given.scope };
}

function readPublicHalf(file: string, shown: string): KeyObject {
  try {
    return createPublicKey(createPrivateKey(readFileSync(file)));
  } catch (error) {
    throw new Problem([`--signing-key ${shown}: is no private key in PEM that can be read (${messageOf(error)})`]);
  }
}

const claimsSchema = z.looseObject({ scope: z.string().optional() });

function readClaims(file: string, shown: string): z.infer<typeof claimsSchema> {
  try {
    return claimsSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new Problem([`--claims-file ${shown}: must hold a JSON object, as in {"scope": "production"}`]);
  }
}
