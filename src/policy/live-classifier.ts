// What the active policy's classifier makes of the definitions that servers list. Each is classified once by each bundle, and
// one that is too long not at all.
import type { Classification, ListedDefinition } from "../gate/types.ts";
import type { ActivePolicy } from "./active-policy.ts";
import { remember } from "./bounded-map.ts";

export type LiveClass =
  | { readonly kind: "classified"; readonly classification: Classification }
  | { readonly kind: "failed"; readonly problem: string };

export type LiveClassifier = (definition: ListedDefinition) => LiveClass;

/** Of definitions; about 500 bytes each. */
const MAX_REMEMBERED = 20_000;
/** Classifying a definition of this length may take some milliseconds. */
const MAX_CHARACTERS = 65_536;

export function createLiveClassifier(policy: ActivePolicy): LiveClassifier {
  let digest = "";
  /** By the definition's hash, as the bundle of `digest` classifies it; the oldest first. */
  const remembered = new Map<string, LiveClass>();

  return (definition) => {
    const { revision } = policy.current.engine;
    if (revision.digest !== digest) {
      digest = revision.digest;
      remembered.clear();
    }
    const known = remembered.get(definition.sha256);
    if (known !== undefined) return known;
    const found = classify(policy, definition);
    remember(remembered, definition.sha256, found, MAX_REMEMBERED);
    return found;
  };
}

function classify(policy: ActivePolicy, { text }: ListedDefinition): LiveClass {
  if (text.length > MAX_CHARACTERS)
    return { kind: "failed", problem: `its definition is longer than ${MAX_CHARACTERS} characters` };
  return policy.classify(text);
}
