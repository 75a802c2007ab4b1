// Where the policy's bundle comes from, by which key it is verified, and who is told what became of it: `bundle:` and `status:`
// of regate.yaml. It reads no file and asks no service.
import { resolve } from "node:path";
import { z } from "zod";
import { says, strictFields, toFaults } from "./faults.ts";
import { filledText } from "./server-schema.ts";
import { checkUrl } from "./server-url.ts";
import { writtenAs } from "./written-form.ts";

export const SIGNATURE_ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

/** Only bundles that this key has signed are taken. */
export type VerifyConfig = {
  /** Absolute: a public key or a certificate, in PEM. */
  readonly keyFile: string;
  readonly algorithm: SignatureAlgorithm;
  /** What the signature must name its key, where it names one; undefined: whatever it says. */
  readonly keyId: string | undefined;
  /** What the signature must be for; undefined: it names nothing. */
  readonly scope: string | undefined;
};

/** A service that hands bundles out, in OPA's protocol. */
export type BundleService = {
  readonly kind: "service";
  /** Absolute, http or https. */
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token: string | undefined;
  readonly polling: {
    readonly minDelaySeconds: number;
    readonly maxDelaySeconds: number;
    /** For how long the service may hold a request until there is something new. */
    readonly longPollingTimeoutSeconds: number;
  };
  readonly sizeLimitBytes: number;
  /** For one download, once the service has begun to answer, and until it begins. */
  readonly timeoutSeconds: number;
};

export type BundleSource = { readonly kind: "file"; readonly file: string } | BundleService;

export type BundleConfig = {
  /** Undefined: the bundle that was built beside the configuration, else the shipped one. */
  readonly source: BundleSource | undefined;
  readonly verify: VerifyConfig | undefined;
  /** True: a bundle that was in force before, and was replaced, is taken again. */
  readonly allowRollback: boolean;
};

/** Who is told, in OPA's status protocol. */
export type StatusService = { readonly url: string; readonly token: string | undefined };

/** The last good one of a service, or of a file that is verified; in the state folder. */
export const KEPT_BUNDLE = "bundle.tar.gz";

type Context = { readonly folder: string; readonly env: NodeJS.ProcessEnv };

export const PLAIN_BUNDLE: BundleConfig = { source: undefined, verify: undefined, allowRollback: false };
const DEFAULT_SIZE_LIMIT = 67_108_864;
/** Printable ASCII without spaces: what a header can carry as one token. */
const TOKEN = /^[\x21-\x7e]{1,8192}$/;

const flag = (): z.ZodDefault<z.ZodBoolean> => z.boolean({ error: says("must be true or false") }).default(false);
const text = (): z.ZodString => z.string({ error: says("must be text") }).min(1, { error: says("must be text") });
function wholeNumber(min: number, max: number): z.ZodInt {
  const error = says(`must be a whole number from ${min} to ${max}`);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A path, or a mapping with `file` or `url`. */
export function bundleSchema(context: Context): z.ZodType<BundleConfig> {
  const mapping = mappingSchema(context);
  const schema = z.unknown().transform((raw, ctx): BundleConfig => {
    if (typeof raw === "string" && raw !== "") {
      return { ...PLAIN_BUNDLE, source: { kind: "file", file: resolve(context.folder, raw) } };
    }
    if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
      ctx.addIssue({ code: "custom", message: "must be a file, or a mapping with file or url" });
      return z.NEVER;
    }
    const parsed = mapping.safeParse(raw);
    if (parsed.success) return parsed.data;
    for (const { path, message } of toFaults(parsed.error)) ctx.addIssue({ code: "custom", path: [...path], message });
    return z.NEVER;
  });
  return writtenAs(schema, z.union([text(), mapping]));
}

function mappingSchema({ folder, env }: Context): z.ZodType<BundleConfig> {
  const path = text().transform((value) => resolve(folder, value));
  return strictFields({
    file: path.optional(),
    url: filledText({ env, dialect: "regate" }).optional(),
    token: tokenSchema(env).optional(),
    allowPlainHttp: flag(),
    polling: strictFields({
      minDelaySeconds: wholeNumber(1, 86_400).default(60),
      maxDelaySeconds: wholeNumber(1, 86_400).default(120),
      longPollingTimeoutSeconds: wholeNumber(1, 240).default(60),
    }).optional(),
    sizeLimitBytes: wholeNumber(1_024, DEFAULT_SIZE_LIMIT).optional(),
    timeoutSeconds: wholeNumber(1, 600).optional(),
    verify: strictFields({
      keyFile: path,
      algorithm: z.enum(SIGNATURE_ALGORITHMS, { error: says(`must be one of ${SIGNATURE_ALGORITHMS.join(", ")}`) }),
      keyId: text().optional(),
      scope: text().optional(),
    }).optional(),
    allowRollback: flag(),
  }).transform(({ file, url, verify, allowRollback, ...service }, ctx): BundleConfig => {
    const problem = (field: string | undefined, message: string): void =>
      ctx.addIssue({ code: "custom", path: field === undefined ? [] : [field], message });
    const rest = {
      verify: verify && { ...verify, keyId: verify.keyId, scope: verify.scope },
      allowRollback,
    };
    if ((file === undefined) === (url === undefined)) {
      problem(undefined, file === undefined ? "must have a file or a url" : "has both file and url; keep one of them");
      return z.NEVER;
    }
    if (url === undefined) {
      const { token, polling, sizeLimitBytes, timeoutSeconds } = service;
      for (const [field, value] of Object.entries({ token, polling, sizeLimitBytes, timeoutSeconds })) {
        if (value !== undefined) problem(field, "is for a bundle with a url; remove it");
      }
      return { source: file === undefined ? undefined : { kind: "file", file }, ...rest };
    }
    const checked = checkUrl(url, service.allowPlainHttp);
    if (checked.kind === "faulty") {
      problem("url", checked.problem);
      return z.NEVER;
    }
    const polling = service.polling ?? { minDelaySeconds: 60, maxDelaySeconds: 120, longPollingTimeoutSeconds: 60 };
    if (polling.maxDelaySeconds < polling.minDelaySeconds) {
      problem("polling", "has a maxDelaySeconds that is less than its minDelaySeconds; give both");
    }
    const source: BundleService = {
      kind: "service",
      url: checked.href,
      token: service.token,
      polling,
      sizeLimitBytes: service.sizeLimitBytes ?? DEFAULT_SIZE_LIMIT,
      timeoutSeconds: service.timeoutSeconds ?? 60,
    };
    return { source, ...rest };
  });
}

export function statusSchema(env: NodeJS.ProcessEnv): z.ZodType<StatusService> {
  return strictFields({
    url: filledText({ env, dialect: "regate" }),
    token: tokenSchema(env).optional(),
    allowPlainHttp: flag(),
  }).transform(({ url, token, allowPlainHttp }, ctx): StatusService => {
    const checked = checkUrl(url, allowPlainHttp);
    if (checked.kind === "fine") return { url: checked.href, token };
    ctx.addIssue({ code: "custom", path: ["url"], message: checked.problem });
    return z.NEVER;
  });
}

/** Never quoted in a problem. */
function tokenSchema(env: NodeJS.ProcessEnv) {
  return filledText({ env, dialect: "regate" }).refine((token) => TOKEN.test(token), {
    error:
      "must be printable ASCII without spaces; keep it in the environment, as in the example of docs/configuration.md",
  });
}
