// `make soak`: MINUTES (10 where it is left out) of load and faults, drawn from SEED; STREAMS idle event streams beside them.
// Prints a ledger, and answers 1 where it does not close.
import { randomInt } from "node:crypto";
import { Problem } from "../../src/problem.ts";
import { describeSoak, findingsOf } from "./report.ts";
import { soak } from "./soak.ts";

const { MINUTES, SEED, STREAMS } = process.env;

try {
  const minutes = readNumber("MINUTES", MINUTES, 10, /^\d{1,3}(?:\.\d)?$/, "a number of minutes, as 10 or 0.5");
  const seed = readNumber("SEED", SEED, randomInt(2 ** 31), /^\d{1,10}$/, "a whole number of at most 10 digits");
  const streams = readNumber("STREAMS", STREAMS, 0, /^\d{1,5}$/, "a whole number of at most 5 digits");
  console.log(`SEED=${seed}`);
  const report = await soak({
    seed,
    minutes,
    streams,
    gates: ["steady", "killed", "durable"],
    tell: (line) => console.log(line),
  });
  console.log(describeSoak(report));
  process.exitCode = findingsOf(report).length === 0 ? 0 : 1;
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.lines.join("\n"));
  process.exitCode = 2;
}

function readNumber(name: string, given: string | undefined, otherwise: number, form: RegExp, what: string): number {
  if (given === undefined || given === "") return otherwise;
  if (form.test(given)) return Number(given);
  throw new Problem([`${name}=${given}: must be ${what}`]);
}
