// Where this package lies. This file is directly under src/, as whatever is built of it is directly under dist/, so that a
// checkout and an installed package are alike. Paths only; nothing is read here.
import { fileURLToPath } from "node:url";

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The checkout, or the installed package; ends with a slash. */
export const PACKAGE_ROOT = fromHere("../");
/** What node runs as `regate`. */
export const MAIN = fromHere("./main.js");
