// How sources and packages are read for the build (scripts/build.mjs), where that is otherwise than they stand there.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** In a source that requires packages at their first use. */
const REQUIRES = "const require = createRequire(import.meta.url);\n";

/**
 * @param root the checkout
 * @param file the file that is built
 * @param homes the file that each source has, by its path in the checkout, and its name there
 * @param required packages by the file that they have
 */
export function sourcePlugins(root, file, homes, required) {
  const requiredIn = new Map(Object.entries(required).flatMap(([home, names]) => names.map((name) => [name, home])));
  return [
    {
      name: "what has a file of its own is asked of it",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^\.{1,2}\/.*\.tsx?$/ }, ({ path, resolveDir, kind }) => {
          const source = relative(root, join(resolveDir, path));
          const home = homes.get(source);
          const isHere = home === undefined || home.file === file || kind === "entry-point";
          return isHere ? undefined : { path: source, namespace: "elsewhere" };
        });
        onResolve({ filter: /^\.\/[a-z0-9]+\.js$/ }, ({ path, namespace }) =>
          ["elsewhere", "required"].includes(namespace) ? { path, external: true } : undefined,
        );
        onLoad({ filter: /./, namespace: "elsewhere" }, ({ path }) => {
          const { file: home, of } = homes.get(path);
          return {
            contents: `module.exports = require("./${home}.js")${of === undefined ? "" : `(${JSON.stringify(of)})`};`,
          };
        });
      },
    },
    {
      name: "what is required at its first use is too",
      setup({ onResolve, onLoad }) {
        onResolve({ filter: /^required:/ }, ({ path }) => ({
          path: path.slice("required:".length),
          namespace: "required",
        }));
        onLoad({ filter: /./, namespace: "required" }, ({ path }) => {
          const home = requiredIn.get(path);
          if (home === undefined)
            throw new Error(`${path} is required at its first use, and scripts/build.mjs has no file for it`);
          return { contents: `module.exports = require("./${home}.js")(${JSON.stringify(path)});` };
        });
      },
    },
    {
      name: "sources",
      setup({ onLoad }) {
        // what the console serves of a package is text in the program
        onLoad({ filter: /\/src\/console\/assets\/opa-wasm\.ts$/ }, () => ({
          contents: opaWasmText(root),
          loader: "js",
        }));
        onLoad({ filter: /\/src\/.*\.tsx?$/ }, ({ path }) => {
          const text = readFileSync(path, "utf8");
          // of a namespace esbuild leaves out what nobody asks for; the same as an object it takes whole
          const own = text.replace('import { z } from "zod";', 'import * as z from "zod";');
          const contents = own.includes(REQUIRES)
            ? own.replace(REQUIRES, "").replace(/(?<= = )require\("/g, 'require("required:')
            : own;
          return { contents, loader: path.endsWith("x") ? "tsx" : "ts" };
        });
      },
    },
  ];
}

function opaWasmText(root) {
  const file = join(root, "node_modules/@open-policy-agent/opa-wasm/dist/opa-wasm-browser.esm.js");
  const text = readFileSync(file, "utf8").replace(/\n\/\/# sourceMappingURL=.*\n?$/, "\n");
  return `export const OPA_WASM = ${JSON.stringify(text)};`;
}

/** What is never reached is left out, and what is seldom reached waits until it is. */
export const packagePlugins = [
  {
    name: "undici reads HTTP/2 at the first connection that speaks it",
    setup({ onLoad }) {
      onLoad({ filter: /\/undici\/lib\/dispatcher\/client\.js$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        const late = text.replace(
          /(?<=const connectH2 = )(require\('\.\/client-h2\.js'\))/,
          "(...given) => $1(...given)",
        );
        if (late === text)
          throw new Error(`${path} requires client-h2.js otherwise than scripts/build-plugins.mjs knows`);
        return { contents: late };
      });
    },
  },
  {
    name: "opa-wasm without builtins",
    setup({ onLoad }) {
      // the engine refuses a policy that calls any of them
      onLoad({ filter: /\/opa-wasm\/src\/builtins\/index\.js$/ }, () => ({ contents: "module.exports = {};" }));
    },
  },
];
