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

/** Where a pattern has two groups, the secret is the second: the first says what it is. */
const SECRET_FORMS = [
  [
    "private_key",
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?:(?!-----BEGIN )(?!-----END )[\s\S]){0,16384}(?:-----END [A-Z0-9 ]{0,60}-----)?/,
  ],
  ["aws_key", /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/],
  ["github_token", /\bgh[pousr]_[A-Za-z0-9]{30,255}/],
  ["github_token", /\bgithub_pat_[A-Za-z0-9_]{22,255}/],
  ["gitlab_token", /\bglpat-[\w-]{20,255}/],
  ["slack_token", /\bxox[abeprs]-[A-Za-z0-9-]{10,255}/],
  ["google_key", /\bAIza[\w-]{35}/],
  ["npm_token", /\bnpm_[A-Za-z0-9]{36}/],
  ["payment_key", /\b[prs]k_(?:live|test)_[A-Za-z0-9]{16,255}/],
  ["api_key", /\bsk-[\w-]{20,255}/],
  ["regate_key", /\brg[ko]_[\w-]{43}/],
  // one beginning for each run of such characters, or many of them would take quadratic time
  ["jwt", /(?<![\w-])eyJ[\w-]{8,2000}\.[\w-]{8,4000}\.[\w-]{0,2000}/],
  ["authorization", /(\bbearer\s{1,8})([\w.~+/-]{12,255}=*)/i],
  ["authorization", /(\bbasic\s{1,8})([A-Za-z0-9+/]{12,255}=*)/i],
  ["url_password", /(\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/@:]{0,255}:)([^\s/@]{1,255})(?=@)/i],
  [
    "named",
    /((?:passw(?:or)?d|passphrase|secret|token|api[_-]?key|access[_-]?key)["']?\s{0,4}[=:]\s{0,4}["']?)([^\s"']{6,255})/i,
  ],
] as const;

/** What a secret may be known as: by its form, or `named`, by the name before it. */
export const SECRET_KINDS = [...new Set(SECRET_FORMS.map(([kind]) => kind))];
export type SecretKind = (typeof SECRET_FORMS)[number][0];

/** Whether the text holds a key, a token, a password or the like, anywhere in what is looked at. */
export function holdsSecret(text: string): boolean {
  // shorter than any of the forms
  if (text.length < 10) return false;
  const seen = text.length > MAX_SCANNED_CHARACTERS ? text.slice(0, MAX_SCANNED_CHARACTERS) : text;
  return MAYBE_SECRET.test(seen) && SECRET_FORMS.some(([, form]) => form.test(seen));
}

/** A secret in a text: `text.slice(start, end)`. */
export type FoundSecret = { readonly kind: SecretKind; readonly start: number; readonly end: number };

const EVERYWHERE = SECRET_FORMS.map(([kind, form]) => [kind, new RegExp(form, `${form.flags}g`)] as const);
/** A token that says where to go on, and opens nothing. */
const PLACE_TOKEN = /(?:next|page|continuation|sync|resume|start|change|progress|cursor)[_-]?$/i;
const MAX_PREFIX_CHARACTERS = 16;

/** Whether what stands under `name` in an answer is a secret: as in the log, but for tokens that only say where to go on. */
export function isSecretInAnswer(name: string, value: string): boolean {
  if (PLACE_TOKEN.test(name.replace(/tokens?$/i, ""))) return false;
  return isSecretName(name, value);
}

/** Every secret in the text, however long, in their order; none within another. */
export function findSecrets(text: string): readonly FoundSecret[] {
  if (text.length < 10 || !MAYBE_SECRET.test(text)) return [];
  const found = EVERYWHERE.flatMap(([kind, form]) => [...text.matchAll(form)].flatMap((match) => locate(kind, match)));
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  let end = 0;
  return found.filter((secret) => {
    if (secret.start < end) return false;
    end = secret.end;
    return true;
  });
}

function locate(kind: SecretKind, match: RegExpExecArray): readonly FoundSecret[] {
  const [whole, before, secret] = match;
  const start = match.index + (secret === undefined ? 0 : (before?.length ?? 0));
  if (kind === "named") {
    const name = /^[a-z_-]*/i.exec(whole)?.[0] ?? "";
    const prefix = match.input.slice(Math.max(0, match.index - MAX_PREFIX_CHARACTERS), match.index);
    if (/^token/i.test(name) && PLACE_TOKEN.test(prefix)) return [];
  }
  return [{ kind, start, end: match.index + whole.length }];
}
