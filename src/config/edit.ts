// Changes regate.yaml in place: comments and order stay, and the file is whole at any moment. Only for commands that a person
// runs: the gate itself never writes its configuration.
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { type Document, isMap, parseDocument } from "yaml";
import { Problem } from "../problem.ts";
import { readSource } from "./source.ts";

/**
 * @param file as the user named it: messages show it so; resolved against `cwd`
 * @param edit changes the document, whose contents are a map; what it throws leaves the file as it was
 * @throws Problem where the file can't be read or isn't a YAML mapping
 */
export function editConfig(file: string, cwd: string, edit: (document: Document) => void): void {
  const document = readConfigDocument(file, cwd);
  const path = realpathSync(resolve(cwd, file));
  const before = readFileSync(path, "utf8");
  edit(document);
  // links are followed: what they point to is replaced
  replaceFile(path, render(document, before));
}

/** The file as a document whose contents are a map. @throws Problem as above */
export function readConfigDocument(file: string, cwd: string): Document {
  const path = resolve(cwd, file);
  // says where the file is no YAML
  readSource(path, file);
  const document: Document = parseDocument(readFileSync(path, "utf8"));
  document.contents ??= document.createNode({});
  if (!isMap(document.contents)) throw new Problem([`${file}:1:1 (file): must be a mapping of names to values`]);
  return document;
}

/** In the style that the file has, where that can be told. */
function render(document: Document, text: string): string {
  return document.toString({
    lineWidth: 0,
    flowCollectionPadding: /[{[] /.test(text) || !/[{[]\w/.test(text),
    indentSeq: !/^( *)[^\s#-][^\n]*:[ \t]*\n\1- /m.test(text),
  });
}

/**
 * Whole or not at all, with the mode that the file has, or `mode`.
 * @param path of a file, absolute; no link
 */
export function replaceFile(path: string, contents: string | Uint8Array, mode?: number): void {
  const draft = `${path}.new`;
  // a draft that is there already may be open to others
  rmSync(draft, { force: true });
  const fd = openSync(draft, "wx", 0o600);
  try {
    fchmodSync(fd, mode ?? statSync(path).mode & 0o777);
    writeFileSync(fd, contents);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, path);
}
