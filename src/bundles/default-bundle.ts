// Which bundle judges where the configuration names none.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BundleSource } from "../config/bundle-schema.ts";
import type { Config } from "../config/schema.ts";
import { SHIPPED_BUNDLE } from "../policy/shipped.ts";

const BUILT_BUNDLE = "bundles/regate.tar.gz";

/** The bundle that is named, else the one that `regate build` writes beside the configuration, else the shipped one. */
export function bundleOf({ file, bundle }: Pick<Config, "file" | "bundle">): BundleSource {
  return bundle.source ?? { kind: "file", file: defaultBundle(file) };
}

/** @param config the configuration's file, absolute */
export function defaultBundle(config: string): string {
  const built = join(dirname(config), BUILT_BUNDLE);
  return existsSync(built) ? built : SHIPPED_BUNDLE;
}
