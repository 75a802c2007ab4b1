// Some schemas take anything and look by themselves at what is written, for better errors. What may be written there is kept
// beside each: schemas/regate.json is held against it. Nothing is parsed by it.
import type { z } from "zod";

const forms = new WeakMap<object, z.ZodType>();

export function writtenAs<Schema extends z.ZodType>(schema: Schema, form: z.ZodType): Schema {
  forms.set(schema, form);
  return schema;
}

/** What may be written where the schema takes anything; undefined for a schema that says so itself. */
export function writtenForm(schema: object): z.ZodType | undefined {
  return forms.get(schema);
}
