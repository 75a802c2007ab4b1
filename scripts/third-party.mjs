// Which packages a build has taken in, and their licences in one text, which ships with it.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** For a package that names MIT, and has no text of it. */
const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy,
modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software
is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES
OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR
IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const LICENCE_FILE = /^(?:licen[cs]e|copying|notice)/i;

/**
 * @param inputs the files that were bundled, relative to the checkout
 * @returns folder, name, version and licence of each package among them, sorted by name
 */
export function listBundled(root, inputs) {
  const folders = new Set(inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  return [...folders]
    .map((folder) => {
      const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      return { folder, name, version, license };
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
}

/** @param bundled what listBundled says */
export function writeThirdParty(root, file, bundled) {
  const sections = bundled.map(({ folder, name, version, license }) => {
    const texts = readdirSync(join(root, folder))
      .filter((entry) => LICENCE_FILE.test(entry))
      .sort()
      .map((entry) => readFileSync(join(root, folder, entry), "utf8").trim());
    if (texts.length === 0 && license === "MIT") texts.push(`Copyright (c) the authors of ${name}\n\n${MIT}`);
    if (texts.length === 0) throw new Error(`${folder}: has no text of its licence (${license})`);
    return `${"=".repeat(100)}\n${name} ${version}, ${license}\n\n${texts.join("\n\n")}\n`;
  });
  writeFileSync(file, `Regate's program has these packages in it.\n\n${sections.join("\n")}`);
}
