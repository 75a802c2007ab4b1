// The shapes of the published JSON schemas, as zod has them in the code, and the prose that people have written into the files.
import { z } from "zod";
import { configSchema } from "../../build/config/schema.js";
import { writtenForm } from "../../build/config/written-form.js";
import { editedServerSchema } from "../../build/policy/catalogue.js";
import { decisionSchema } from "../../build/policy/decision-schema.js";

/** By the name of the file in schemas/. */
export const SHAPES = {
  catalogue: () => toWritten(editedServerSchema),
  decision: () => toWritten(decisionSchema),
  regate: () => toWritten(configSchema({ file: "/regate.yaml", folder: "/", env: {} })),
};

/** What a person may write, before any default is filled in. */
function toWritten(schema) {
  return z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const form = writtenForm(zodSchema);
      if (form === undefined) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
      Object.assign(jsonSchema, toWritten(form));
      delete jsonSchema.$schema;
    },
  });
}

/** `shape` with title and description as they stand at the same place in `written`. */
export function mergeProse(shape, written) {
  if (typeof shape !== "object" || shape === null || Array.isArray(shape)) return shape;
  const { title, description } = written ?? {};
  const merged = { ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
  for (const [key, value] of Object.entries(shape)) {
    if (key === "properties") {
      merged[key] = Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, mergeProse(inner, written?.properties?.[name])]),
      );
    } else if (key === "anyOf") {
      merged[key] = value.map((inner, index) => mergeProse(inner, written?.anyOf?.[index]));
    } else if (key === "items" || key === "additionalProperties") merged[key] = mergeProse(value, written?.[key]);
    else if (key !== "propertyNames") merged[key] = value;
  }
  return merged;
}

/** The paths of properties that nothing is said of. */
export function findUndescribed(schema, path = "") {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const at = path === "" ? name : `${path}.${name}`;
    return [...(property.description === undefined ? [at] : []), ...findUndescribed(property, at)];
  });
  const others = [...(schema.anyOf ?? []), schema.items, schema.additionalProperties];
  return [
    ...inner,
    ...others.filter((other) => typeof other === "object").flatMap((other) => findUndescribed(other, path)),
  ];
}
