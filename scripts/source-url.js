// `import.meta.url` of a bundled source (scripts/build.mjs): the file that it has become a part of.
export const sourceUrl = require("node:url").pathToFileURL(__filename).href;
