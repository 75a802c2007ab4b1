// OPA's SDK for browsers, out of the npm package that the gate itself judges with: the same version by construction. The
// playground loads it; nothing else of the package is served.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const PACKAGE = dirname(dirname(createRequire(import.meta.url).resolve("@open-policy-agent/opa-wasm")));

/** Its source map is not served. */
export const OPA_WASM = readFileSync(join(PACKAGE, "dist/opa-wasm-browser.esm.js"), "utf8").replace(
  /\n\/\/# sourceMappingURL=.*\n?$/,
  "\n",
);
