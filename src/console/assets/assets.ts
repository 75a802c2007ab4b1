// What pages load besides themselves: text that lies in the program, each under a name that its content gives, so that a
// browser may keep it for ever.
import { createHash } from "node:crypto";
import { COPY } from "./copy.ts";
import { ICON } from "./icon.ts";
import { LIVE } from "./live.ts";
import { OPA_WASM } from "./opa-wasm.ts";
import { playgroundOf } from "./playground.ts";
import { STYLE as STYLE_FRAME } from "./style.ts";
import { STYLE_ACTIVITY } from "./style-activity.ts";
import { STYLE_STANDING } from "./style-standing.ts";

const STYLE = STYLE_FRAME + STYLE_ACTIVITY + STYLE_STANDING;

export type Asset = { readonly type: string; readonly text: string };

export const STYLE_URL = urlOf("console", "css", STYLE);
export const COPY_URL = urlOf("copy", "js", COPY);
export const LIVE_URL = urlOf("live", "js", LIVE);
const OPA_WASM_URL = urlOf("opa-wasm", "js", OPA_WASM);
const PLAYGROUND = playgroundOf(OPA_WASM_URL);
export const PLAYGROUND_URL = urlOf("playground", "js", PLAYGROUND);
export const ICON_URL = urlOf("icon", "svg", ICON);

/** By path. */
export const ASSETS: ReadonlyMap<string, Asset> = new Map([
  [STYLE_URL, { type: "text/css; charset=utf-8", text: STYLE }],
  [COPY_URL, { type: "text/javascript; charset=utf-8", text: COPY }],
  [OPA_WASM_URL, { type: "text/javascript; charset=utf-8", text: OPA_WASM }],
  [PLAYGROUND_URL, { type: "text/javascript; charset=utf-8", text: PLAYGROUND }],
  [LIVE_URL, { type: "text/javascript; charset=utf-8", text: LIVE }],
  [ICON_URL, { type: "image/svg+xml", text: ICON }],
]);

function urlOf(name: string, extension: string, text: string): string {
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 12);
  return `/console/assets/${name}-${hash}.${extension}`;
}
