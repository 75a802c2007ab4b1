// What looks like a secret: by the name it stands under, or by its own form. It errs towards masking: a log that hides too
// much is a nuisance, one that holds a key is an incident. Every pattern is bounded, so that no text makes it slow.

/** How many characters of a text are looked at; callers log no more than MAX_LOGGED of them. */
const MAX_SCANNED_CHARACTERS = 8_192;
const MAX_NAME_CHARACTERS = 256;

/** Found anywhere in a name, without regard to case and separators. */
const SECRET_NAME =
  /passw(?:or)?d|passphrase|secret|credential|apikey|accesskey|privatekey|signingkey|encryptionkey|authorization|bearer|mnemonic/;
/** Whole words of a name. */
const SECRET_WORDS = new Set(["pwd", "creds", "jwt", "cookie", "cookies", "otp", "totp", "cvv", "cvc", "pin", "ssn"]);
/** Secret only as the last word of a name. */
const SECRET_ENDINGS = new Set(["pass", "auth"]);
/** A name that ends so speaks about a secret and is none. */
const HARMLESS_ENDINGS = new Set(
  "name names type types count length limit max min policy arn url uri endpoint expiry expires ttl".split(" "),
);

/** `token`: secret but for numbers, which are counts of tokens there (max_tokens: 4096). */
type NameKind = "plain" | "secret" | "token";

const MAX_KNOWN_NAMES = 2_000;
/** The same names come with every call. */
const knownNames = new Map<string, NameKind>();

/** Whether what stands under `name` is masked, whatever it is. */
export function isSecretName(name: string, value: unknown): boolean {
  if (value === null || typeof value === "boolean" || value === "") return false;
  const key = name.slice(0, MAX_NAME_CHARACTERS);
  let kind = knownNames.get(key);
  if (kind === undefined) {
    kind = kindOfName(key);
    if (knownNames.size >= MAX_KNOWN_NAMES) knownNames.clear();
    knownNames.set(key, kind);
  }
  return kind === "secret" || (kind === "token" && typeof value !== "number");
}

function kindOfName(name: string): NameKind {
  const words = splitWords(name);
  const last = words.at(-1) ?? "";
  if (HARMLESS_ENDINGS.has(last)) return "plain";
  if (SECRET_NAME.test(words.join("")) || SECRET_ENDINGS.has(last)) return "secret";
  if (words.some((word) => SECRET_WORDS.has(word))) return "secret";
  return /tokens?$/.test(last) || words.some((word) => word === "token" || word === "tokens") ? "token" : "plain";
}

/** `clientSecretKey`, `client_secret_key` and `Client-Secret-Key` as [client, secret, key]. */
function splitWords(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
}

/** Some piece of each form below: a text without any holds none, and most texts are without. */
const MAYBE_SECRET =
  /PRIVATE KEY|AKIA|ASIA|ABIA|ACCA|gh[pousr]_|github_pat_|glpat-|xox|AIza|npm_|_live_|_test_|sk-|rg[ko]_|eyJ|bearer|basic|:\/\/|passw|passphrase|secret|token|api.?key|access.?key/i;

const SECRET_FORMS: readonly RegExp[] = [
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/,
  /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/,
  /\bgh[pousr]_[A-Za-z0-9]{30,255}/,
  /\bgithub_pat_[A-Za-z0-9_]{22,255}/,
  /\bglpat-[\w-]{20,255}/,
  /\bxox[abeprs]-[A-Za-z0-9-]{10,255}/,
  /\bAIza[\w-]{35}/,
  /\bnpm_[A-Za-z0-9]{36}/,
  /\b[prs]k_(?:live|test)_[A-Za-z0-9]{16,255}/,
  /\bsk-[\w-]{20,255}/,
  /\brg[ko]_[\w-]{43}/,
  /\beyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{0,2000}/,
  /\bbearer\s{1,8}[\w.~+/-]{12,255}/i,
  /\bbasic\s{1,8}[A-Za-z0-9+/]{12,255}/i,
  /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/@:]{0,255}:[^\s/@]{1,255}@/i,
  /(?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key)["']?\s{0,4}[=:]\s{0,4}["']?[^\s"']{6,255}/i,
];

/** Whether the text holds a key, a token, a password or the like, anywhere in what is looked at. */
export function holdsSecret(text: string): boolean {
  // shorter than any of the forms
  if (text.length < 10) return false;
  const seen = text.length > MAX_SCANNED_CHARACTERS ? text.slice(0, MAX_SCANNED_CHARACTERS) : text;
  return MAYBE_SECRET.test(seen) && SECRET_FORMS.some((form) => form.test(seen));
}
