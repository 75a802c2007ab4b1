// Where the parts of policy that ship with Regate lie. Paths only; nothing is read here.
import { PACKAGE_ROOT } from "../package-root.ts";

const fromRoot = (path: string): string => `${PACKAGE_ROOT}${path}`;

/** The checkout, or the installed package. */
export const SHIPPED_ROOT = PACKAGE_ROOT;
/** The Rego library: package `regate` and below. */
export const SHIPPED_LIBRARY = fromRoot("rego/regate");
/** Package `policy.defaults`, for policies that bring none. */
export const SHIPPED_DEFAULTS = fromRoot("rego/policy/defaults");
/** What a policy may call: the builtins that the engine runs under its meter. */
export const SHIPPED_CAPABILITIES = fromRoot("tools/opa/capabilities.json");
/** The form of an input, which rules are checked against. */
export const SHIPPED_INPUT_SCHEMA = fromRoot("schemas/input.json");
/** Our lint rules, and how Regal is set for policies. */
export const SHIPPED_LINT_RULES = fromRoot(".regal/rules");
export const SHIPPED_LINT_CONFIG = fromRoot(".regal/config.yaml");
/** What `regate init` starts a policy repository with. */
export const SHIPPED_TEMPLATE = fromRoot("templates/policy-repository");
/** What a gate serves whose configuration names no bundle. */
export const SHIPPED_BUNDLE = fromRoot("bundles/regate.tar.gz");
