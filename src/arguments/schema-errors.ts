// Says in one sentence where arguments don't fit a schema. Names of arguments and what the schema wants stand in it, and no
// value of an argument: the agent reads it, and the log keeps it.
import type { ErrorObject } from "ajv";

/** Branches of an anyOf that are named. */
const MAX_BRANCHES = 4;
const MAX_PATH_CHARACTERS = 200;
const MAX_WANTED_CHARACTERS = 200;

/** Errors of other errors: what failed inside is said in their place. */
const AROUND = new Set(["anyOf", "oneOf", "if"]);

/** @param errors of one validation that ended at its first failure: several are the branches of an anyOf or oneOf */
export function describeErrors(errors: readonly ErrorObject[]): string {
  const inner = errors.filter(({ keyword }) => !AROUND.has(keyword));
  const told = [...new Set((inner.length > 0 ? inner : errors).map(describeError))];
  const shown = told.slice(0, MAX_BRANCHES).join(", or ");
  return told.length > MAX_BRANCHES ? `${shown}, or fit another of ${told.length} forms` : shown;
}

function describeError({
  instancePath,
  keyword,
  message = "is not what the schema wants",
  params,
}: ErrorObject): string {
  const where = instancePath === "" ? "the arguments" : cut(instancePath, MAX_PATH_CHARACTERS);
  switch (keyword) {
    case "additionalProperties":
      return `${where} must not have the property ${quoted(params.additionalProperty)}`;
    case "unevaluatedProperties":
      return `${where} must not have the property ${quoted(params.unevaluatedProperty)}`;
    case "propertyNames":
      return `${where} must not have the property ${quoted(params.propertyName)}`;
    case "enum":
      return `${where} must be one of ${cut(JSON.stringify(params.allowedValues), MAX_WANTED_CHARACTERS)}`;
    case "const":
      return `${where} must be ${cut(JSON.stringify(params.allowedValue), MAX_WANTED_CHARACTERS)}`;
    case "false schema":
      return `${where} must not be there`;
    default:
      return `${where} ${cut(message, MAX_WANTED_CHARACTERS)}`;
  }
}

function quoted(name: unknown): string {
  return JSON.stringify(cut(String(name), MAX_PATH_CHARACTERS));
}

function cut(text: string, maxCharacters: number): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}...` : text;
}
