// Reads the entries of a tar archive that is already in memory (ustar and pax, which is what OPA writes; GNU long names
// are refused). Strict: whatever this does not know is refused. It must not write to disk: names are keys, never paths.
import { Problem } from "../problem.ts";

const BLOCK_BYTES = 512;
const EMPTY_BLOCK = Buffer.alloc(BLOCK_BYTES);
const decoder = new TextDecoder("utf-8", { fatal: true });

type Header = { readonly name: string; readonly sizeBytes: number; readonly type: string };

/**
 * Reads all regular files of an archive; folders are skipped.
 * @param shown names the archive in errors
 * @returns file contents by name, without a leading `/` or `./`
 * @throws Problem where the archive is damaged, too long, or holds links, devices, duplicates or names that climb
 */
export function readTar(archive: Uint8Array, shown: string, maxEntries: number): Map<string, Uint8Array> {
  const refuse = (what: string): never => {
    throw new Problem([`${shown}: ${what}; build the bundle again with \`regate build\``]);
  };
  const files = new Map<string, Uint8Array>();
  let offset = 0;
  let longName: string | undefined;
  for (let entries = 0; ; entries += 1) {
    if (offset + BLOCK_BYTES > archive.length) return refuse("the archive is cut short");
    const block = archive.subarray(offset, offset + BLOCK_BYTES);
    if (EMPTY_BLOCK.equals(block))
      return longName === undefined ? files : refuse(`the archive ends where ${JSON.stringify(longName)} is to follow`);
    if (entries >= maxEntries) return refuse(`the archive holds more than ${maxEntries} entries`);

    const header = readHeader(block) ?? refuse("the archive has a damaged header");
    const start = offset + BLOCK_BYTES;
    const end = start + header.sizeBytes;
    const content = archive.subarray(start, end);
    offset = start + Math.ceil(header.sizeBytes / BLOCK_BYTES) * BLOCK_BYTES;

    if (header.type === "x") {
      longName = readPaxPath(content) ?? refuse("the archive has a pax header that is not understood");
      continue;
    }
    const given = longName ?? header.name;
    longName = undefined;
    if (header.type === "5") continue;
    const name = cleanName(given) ?? refuse(`the entry name ${JSON.stringify(given)} is not allowed`);
    if (header.type !== "0" && header.type !== "\0") return refuse(`${name} is not a regular file`);
    if (files.has(name)) return refuse(`${name} is there twice`);
    files.set(name, content);
  }
}

/** @returns undefined where the checksum is wrong, or a field is not what the format says */
function readHeader(block: Uint8Array): Header | undefined {
  const sizeBytes = readOctal(block.subarray(124, 136));
  const checksum = readOctal(block.subarray(148, 156));
  if (sizeBytes === undefined || checksum === undefined) return undefined;
  let sum = 0;
  // of its own field as if it were spaces
  for (let index = 0; index < BLOCK_BYTES; index += 1) sum += index >= 148 && index < 156 ? 0x20 : (block[index] ?? 0);
  if (sum !== checksum) return undefined;
  const isUstar = readText(block.subarray(257, 262)) === "ustar";
  // some readers take a prefix from there, whatever the magic says
  if (!isUstar && block.subarray(257).some((byte) => byte !== 0)) return undefined;
  const prefix = isUstar ? readText(block.subarray(345, 500)) : "";
  const name = readText(block.subarray(0, 100));
  if (prefix === undefined || name === undefined) return undefined;
  return { name: prefix === "" ? name : `${prefix}/${name}`, sizeBytes, type: String.fromCharCode(block[156] ?? 0) };
}

/** @returns undefined for anything but octal digits, padded with NUL or space (so also for base-256 sizes) */
function readOctal(field: Uint8Array): number | undefined {
  const text = String.fromCharCode(...field);
  return /^ *[0-7]{1,11}[\0 ]*$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** @returns undefined where the bytes are not UTF-8 */
function readText(field: Uint8Array): string | undefined {
  const end = field.indexOf(0);
  try {
    return decoder.decode(end < 0 ? field : field.subarray(0, end));
  } catch {
    return undefined;
  }
}

/** @returns undefined unless the header's only record is one `path` */
function readPaxPath(content: Uint8Array): string | undefined {
  const text = readText(content);
  const record = text === undefined ? null : /^(\d+) path=([^\n]*)\n$/.exec(text);
  if (record === null || Number(record[1]) !== content.length) return undefined;
  return record[2];
}

/** OPA writes names with a leading slash, other tools with `./`: both are the root of the bundle. */
function cleanName(name: string): string | undefined {
  const relative = name.replace(/^(\.?\/)/, "").replace(/\/$/, "");
  const climbs = relative.split("/").some((part) => part === "" || part === "." || part === "..");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters in names are what is refused
  return climbs || /[\u0000-\u001f\\]/.test(relative) ? undefined : relative;
}
