// Writes tar archives as OPA does: ustar headers, and pax headers for long names.

export function tarOf(files: readonly (readonly [name: string, content: string])[]): Uint8Array {
  const blocks = files.flatMap(([name, content]) => [...longName(name), ...entry(name.slice(0, 100), "0", content)]);
  return Uint8Array.from(Buffer.concat([...blocks, Buffer.alloc(1_024)]));
}

function longName(name: string): Buffer[] {
  if (name.length <= 100) return [];
  const record = ` path=${name}\n`;
  const length = record.length + String(record.length + 3).length;
  return entry("PaxHeaders/x", "x", `${length}${record}`);
}

function entry(name: string, type: string, content: string): Buffer[] {
  const header = Buffer.alloc(512);
  const put = (text: string, at: number) => header.write(text, at, "latin1");
  const size = Buffer.byteLength(content);
  put(name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put("        ", 148);
  put(type, 156);
  put("ustar\x0000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const padded = Buffer.alloc(Math.ceil(size / 512) * 512);
  padded.write(content);
  return [header, padded];
}
