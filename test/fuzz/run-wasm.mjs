// A worker that runs what was metered: each export that is a function, with little fuel. It answers; where it doesn't, the meter
// has a hole.
import { parentPort } from "node:worker_threads";

const FUEL = 2_000;

parentPort.on("message", (bytes) => parentPort.postMessage(run(bytes)));

function run(bytes) {
  try {
    const module = new WebAssembly.Module(bytes);
    const imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      imports[from] ??= {};
      imports[from][name] = importOf(kind);
    }
    const { exports } = new WebAssembly.Instance(module, imports);
    const used = [];
    for (const one of Object.values(exports)) {
      if (typeof one !== "function") continue;
      exports.regate_fuel.value = FUEL;
      try {
        one();
      } catch {
        // it trapped, which is what the meter does too
      }
      used.push(FUEL - exports.regate_fuel.value);
    }
    return { ran: used };
  } catch (error) {
    return { ran: [], problem: String(error) };
  }
}

function importOf(kind) {
  if (kind === "function") return () => 0;
  if (kind === "memory") return new WebAssembly.Memory({ initial: 64, maximum: 1_024 });
  if (kind === "table") return new WebAssembly.Table({ element: "anyfunc", initial: 10 });
  return new WebAssembly.Global({ value: "i32", mutable: false }, 0);
}
