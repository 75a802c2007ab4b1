// A JSON schema as a page: a table of its fields, and one for each field that has fields of its own.

export function renderSchema(schema, file) {
  const rows = fieldsOf(schema, "");
  const tops = [...new Set(rows.map(({ path }) => topOf(path)))];
  const isNested = (top) => rows.some(({ path }) => topOf(path) === top && path !== top);
  const plain = rows.filter(({ path }) => !isNested(topOf(path)));
  const parts = [
    `# ${schema.title}`,
    `${schema.description}\n\nFrom [${file}](../../${file}), by \`make reference\`.`,
    ...(plain.length > 0 ? [renderTable(plain)] : []),
    ...tops.filter(isNested).flatMap((top) => renderSection(top, rows)),
  ];
  return `${parts.join("\n\n")}\n`;
}

function renderSection(top, rows) {
  const head = rows.find(({ path }) => path === top);
  const inner = rows.filter(({ path }) => path !== top && topOf(path) === top);
  return [`## ${top}`, `${sentence(head.description)} ${formLine(head)}`.trim(), renderTable(inner)];
}

function formLine({ form, fallback, required }) {
  const text = [form, required ? "required" : "", fallback === "" ? "" : `default ${fallback}`].filter(Boolean);
  return `(${text.join("; ")})`;
}

function renderTable(rows) {
  const head = "| field | form | default | meaning |\n|---|---|---|---|";
  return [head, ...rows.map(renderRow)].join("\n");
}

function renderRow({ path, form, fallback, required, description }) {
  const cells = [`\`${path}\``, form, required ? "required" : fallback, description];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Each field once; one that several forms of its mapping have is the first of them. */
function fieldsOf(schema, path) {
  const found = new Map();
  for (const form of formsOf(schema)) {
    for (const [name, property] of Object.entries(form.properties ?? {})) {
      const at = path === "" ? name : `${path}.${name}`;
      const field = {
        path: at,
        form: describeForm(property),
        fallback: describeDefault(property.default),
        required: form.required?.includes(name) === true && formsOf(schema).length === 1,
        description: property.description ?? "",
      };
      for (const row of [field, ...fieldsOf(property, at)]) if (!found.has(row.path)) found.set(row.path, row);
    }
    if (typeof form.items === "object")
      for (const row of fieldsOf(form.items, `${path}[]`)) if (!found.has(row.path)) found.set(row.path, row);
    if (typeof form.additionalProperties === "object")
      for (const row of fieldsOf(form.additionalProperties, `${path}.NAME`))
        if (!found.has(row.path)) found.set(row.path, row);
  }
  return [...found.values()];
}

function formsOf(schema) {
  return (schema.anyOf ?? [schema]).filter(({ properties, items, additionalProperties }) => {
    return properties !== undefined || items !== undefined || typeof additionalProperties === "object";
  });
}

function describeForm(schema) {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(describeForm))].join(", or ");
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(", ");
  switch (schema.type) {
    case "string":
      return "text";
    case "boolean":
      return "true or false";
    case "integer":
      return `whole number${describeRange(schema)}`;
    case "number":
      return `number${describeRange(schema)}`;
    case "array":
      return `list of ${plural(describeForm(schema.items ?? {}))}`;
    case "object":
      return typeof schema.additionalProperties === "object" && schema.properties === undefined
        ? `mapping of names to ${plural(describeForm(schema.additionalProperties))}`
        : "mapping";
    default:
      return "any JSON";
  }
}

function plural(form) {
  return ["text", "mapping", "number"].includes(form) ? `${form}s` : form;
}

function describeRange({ minimum, maximum, exclusiveMinimum }) {
  const least = minimum === undefined ? undefined : minimum.toLocaleString("en-US");
  if (exclusiveMinimum !== undefined)
    return ` above ${exclusiveMinimum}${maximum === undefined ? "" : `, at most ${maximum.toLocaleString("en-US")}`}`;
  if (maximum === undefined || maximum === Number.MAX_SAFE_INTEGER)
    return least === undefined ? "" : `, at least ${least}`;
  return `, ${least} to ${maximum.toLocaleString("en-US")}`;
}

function describeDefault(value) {
  if (value === undefined || (typeof value === "object" && Object.keys(value).length === 0)) return "";
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

function sentence(text) {
  return text === "" || text.endsWith(".") ? text : `${text}.`;
}

function topOf(path) {
  return /^[^.[]+/.exec(path)[0];
}
