// What every answer of the console says to the browser: load nothing inline and nothing from elsewhere, keep nothing, and put
// no frame around it.

export const HEADERS = {
  "content-security-policy": policyOf(),
  "x-content-type-options": "nosniff",
  // with no-referrer a browser says `Origin: null` of the console's own forms, and the gate refuses them
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Of the one page that runs WebAssembly; eval and its like stay shut. */
export const WASM_POLICY = policyOf("'wasm-unsafe-eval'");

function policyOf(...scripts: readonly string[]): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    ["script-src 'self'", ...scripts].join(" "),
    "img-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
