// The playground's script: judges the input that a person edits, in the browser, with the program and the data that the gate
// judges with, and under the same meter. Nothing of the input leaves the browser until the person asks the gate.
import { HIDDEN } from "../../mcp/showable.ts";

/** @param opaUrl of OPA's SDK for browsers */
export function playgroundOf(opaUrl: string): string {
  return `import opa from "${opaUrl}";
const HIDDEN = /${HIDDEN.source}/gu;
const form = document.querySelector("[data-playground]");
const area = form.querySelector("textarea");
const out = document.getElementById("browser-decision");
const gate = document.getElementById("gate-decision");
const told = { wasm: form.dataset.wasm, data: form.dataset.data, rules: form.dataset.rules, keys: form.dataset.keys.split(" ") };
const BASE = Number(form.dataset.base), PER_BYTE = Number(form.dataset.perByte), FUEL = form.dataset.fuel;
const encoder = new TextEncoder();
let code, data, rules, policy, timer;

start();

async function start() {
  show([text("p", "soft", "Loading the policy…")]);
  try {
    const [wasm, json, index] = await Promise.all([bytesOf(told.wasm), bytesOf(told.data), fetchOk(told.rules).then((a) => a.json())]);
    code = await WebAssembly.compile(wasm);
    data = json;
    rules = index;
    await instantiate();
  } catch (error) {
    show([text("p", "note warning", "The policy can't be loaded here: " + error.message + ". Ask the gate instead.")]);
    return;
  }
  area.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(judge, 150); });
  await judge();
}

async function fetchOk(url) {
  const answer = await fetch(url, { redirect: "error" });
  if (!answer.ok) throw new Error("the gate answered " + answer.status);
  return answer;
}

async function bytesOf(url) {
  return (await fetchOk(url)).arrayBuffer();
}

async function instantiate() {
  policy = await opa.loadPolicy(code, { initial: 64, maximum: 16384 });
  policy.wasmInstance.exports[FUEL].value = 0xffffffff | 0;
  policy.setData(data);
}

async function judge() {
  let value;
  try { value = JSON.parse(area.value); }
  catch (error) { return show([text("p", "note warning", "This is no JSON yet: " + error.message)]); }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return show([text("p", "note warning", "An input is a JSON object.")]);
  const input = encoder.encode(area.value);
  const budget = BASE + PER_BYTE * input.length;
  const fuel = policy.wasmInstance.exports[FUEL];
  const parts = [];
  const unknown = Object.keys(value).filter((key) => !told.keys.includes(key));
  if (unknown.length > 0) parts.push(text("p", "note warning", "The gate refuses this input, for it knows no field " + unknown.join(", ") + "."));
  let decision;
  try {
    fuel.value = budget | 0;
    [{ result: decision }] = policy.evaluate(input.buffer.slice(0), "regate/decision");
  } catch (error) {
    const spent = (fuel.value >>> 0) === 0;
    await instantiate();
    return show([...parts, text("p", "note alarm", spent ? "Out of fuel after " + budget.toLocaleString("en") + " units: the gate refuses such a call." : "The policy comes to no decision: " + (error.message ?? error) + ". The gate refuses such a call.")]);
  }
  const used = budget - (fuel.value >>> 0);
  out.dataset.fuel = String(used);
  show([...parts, ...describe(decision, used, budget)], decision);
}

function show(parts, decision) {
  out.replaceChildren(...parts);
  out.dataset.state = decision === undefined ? "none" : "decided";
  if (gate === null) return;
  const note = gate.querySelector("[data-same]");
  const same = decision !== undefined && canonical(decision) === canonical(JSON.parse(gate.querySelector("[data-json]").textContent));
  const asked = gate.dataset.input === area.value.replaceAll("\\r\\n", "\\n");
  note.hidden = !asked || decision === undefined;
  note.textContent = same ? "The same decision as the browser's" : "ANOTHER decision than the browser's";
  note.className = same ? "badge same" : "badge alarm";
}

function describe(decision, used, budget) {
  const mark = { allow: "forward", deny: "denied", require_approval: "approval_needed" }[decision.action];
  const name = { allow: "Allowed", deny: "Denied", require_approval: "Needs approval" }[decision.action];
  const parts = [text("p", "verdict-mark mark-" + mark, name)];
  for (const reason of decision.reasons) parts.push(text("p", "reason", reason));
  for (const sentence of decision.malformed) parts.push(text("p", "note warning", "Malformed: " + sentence));
  const list = text("ul", "play-rules", "");
  for (const id of decision.rules) {
    const rule = rules[id];
    const item = text("li", "", "");
    item.append(text("b", "", rule?.title ?? id.slice(id.lastIndexOf("/") + 1)), text("span", "soft", rule === undefined ? id : rule.file + ":" + rule.row));
    list.append(item);
  }
  if (decision.rules.length > 0) parts.push(list);
  else parts.push(text("p", "soft", "No rule matched; what nothing permits is denied."));
  for (const limit of decision.rate_limits)
    parts.push(text("p", "soft", limit.max + " per " + limit.window + " s, per " + limit.per + ", over " + limit.over + (limit.cost === 1 ? "" : "; this call takes " + limit.cost)));
  parts.push(text("p", "soft", used.toLocaleString("en") + " of " + budget.toLocaleString("en") + " units of fuel"));
  const details = document.createElement("details");
  details.id = "play-json";
  details.open = document.getElementById("play-json")?.open ?? false;
  const pre = document.createElement("pre");
  pre.className = "rego";
  pre.tabIndex = 0;
  pre.append(text("code", "", JSON.stringify(decision, undefined, 2)));
  details.append(text("summary", "", "The decision as JSON"), pre);
  parts.push(details);
  return parts;
}

// text as text, and what does not show by its number
function text(name, className, content) {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  let from = 0;
  for (const { 0: char, index } of content.matchAll(HIDDEN)) {
    if (char === "\\n" && name === "code") continue;
    element.append(content.slice(from, index));
    const mark = document.createElement("span");
    mark.className = "hidden-char";
    mark.textContent = "U+" + char.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    element.append(mark);
    from = index + char.length;
  }
  element.append(content.slice(from));
  return element;
}

function canonical(value) {
  if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return "{" + Object.keys(value).sort().map((key) => JSON.stringify(key) + ":" + canonical(value[key])).join(",") + "}";
}
`;
}
