// What of a text a model reads and a person does not, or is told to do: hidden characters and phrases that instruct a model.
// Signals for the policy to go by, by form; a text that means harm in other words has none.

export type SignalKind = "hidden_text" | "instructs_model";

/**
 * What no reader sees, or sees elsewhere than it stands: escape sequences and controls, zero-width and bidirectional
 * controls, tags. The joiners that emoji and scripts are written with are none of them.
 */
const HIDDEN = /(?![\t\n\r\u200c\u200d])[\p{Cc}\p{Cf}]|[\u{e0100}-\u{e01ef}]|\u115f|\u1160|\u3164/gu;

const INSTRUCTIONS =
  /\b(?:ignore|disregard|forget|override)\s{1,8}(?:\w{1,20}\s{1,8}){0,4}(?:instructions?|prompts?|rules|guidelines)\b|<\/?(?:important|system|instructions?|admin)>|\bsystem prompt\b|\bdo not (?:tell|mention|inform|reveal|show)\b.{0,40}\b(?:user|human)\b|\b(?:before|after) (?:using|calling|running) (?:this|any|other) (?:\w{1,20} )?tools?\b|\byou (?:must|should|have to|need to) (?:first |always |also |now ){0,2}(?:call|invoke|execute|send|include|pass)\b|\bnew instructions?\s{0,4}:/gi;

/** @param before where one must begin to be counted: what goes on behind is looked at for its end only */
export function countSignals(text: string, before = text.length): readonly (readonly [SignalKind, number])[] {
  const counts = [
    ["hidden_text", count(text, HIDDEN, before)],
    ["instructs_model", count(text, INSTRUCTIONS, before)],
  ] as const;
  return counts.filter(([, found]) => found > 0);
}

function count(text: string, pattern: RegExp, before: number): number {
  let found = 0;
  for (const { index } of text.matchAll(pattern)) if (index < before) found += 1;
  return found;
}
