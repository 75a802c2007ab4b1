// Fills ${NAME} in a configured text from the environment, so that credentials stay out of the file. `$${` is a literal `${`.
// Pure. What is filled in is never read again: a value that itself holds ${...} stays as it is.

export type Interpolated =
  | { readonly kind: "filled"; readonly text: string }
  /** One sentence for each fault: a variable that is not set, or a form that is not known. Values are never quoted. */
  | { readonly kind: "faulty"; readonly problems: readonly string[] };

/** Which forms are known: regate.yaml has only ${NAME}; MCP clients' files also have ${env:NAME} and ${NAME:-default}. */
export type Dialect = "regate" | "client";

const ESCAPE = "write $${ for a literal ${";
const PLACEHOLDER = /\$\$\{|\$\{([^}]*)\}?/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const CLIENT_FORM = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

export function interpolate(text: string, env: NodeJS.ProcessEnv, dialect: Dialect): Interpolated {
  const problems: string[] = [];
  const filled = text.replace(PLACEHOLDER, (match: string, inside: string | undefined) => {
    if (inside === undefined) return "${";
    const wanted = match.endsWith("}") ? parsePlaceholder(inside, dialect) : undefined;
    if (wanted === undefined) {
      problems.push(
        dialect === "client" && inside.startsWith("input:")
          ? `holds an \${input:...}, for which a client asks a person; put the value into the environment, and write \${env:NAME}`
          : `holds a \${ that does not begin a \${NAME}; mend it, or ${ESCAPE}`,
      );
      return match;
    }
    const value = Object.hasOwn(env, wanted.name) ? env[wanted.name] : undefined;
    if (value !== undefined && (value !== "" || wanted.fallback === undefined)) return value;
    if (wanted.fallback !== undefined) return wanted.fallback;
    problems.push(`names the environment variable ${wanted.name}, which is not set; set it, or ${ESCAPE}`);
    return match;
  });
  return problems.length > 0 ? { kind: "faulty", problems: [...new Set(problems)] } : { kind: "filled", text: filled };
}

function parsePlaceholder(
  inside: string,
  dialect: Dialect,
): { name: string; fallback: string | undefined } | undefined {
  if (dialect === "regate") return NAME.test(inside) ? { name: inside, fallback: undefined } : undefined;
  const [, name, fallback] = CLIENT_FORM.exec(inside) ?? [];
  return name === undefined ? undefined : { name, fallback };
}
