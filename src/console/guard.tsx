// Who may see the console: signed in by the operator key, with a cookie from then on, or with the key in each request. An
// agent's API key is no key here. Wrong keys are told of and shut nobody out: an agent on the operator's own machine could do that
// to the operator, and a key of 20 characters or more is not guessed.
import type { HttpBindings } from "@hono/node-server";
import type { Context, Next } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { ConsolePorts } from "./ports.ts";
import { createSignIns, isCsrfOf, type SignIn } from "./sign-ins.ts";
import { HOME, ownPath, SIGN_IN } from "./urls.ts";
import { MessagePage } from "./views/message.tsx";
import { SignInPage } from "./views/sign-in.tsx";

type Env = { Bindings: HttpBindings };
type Ctx = Context<Env>;
type Answer = Response | Promise<Response>;

export interface Guard {
  /** Lets a request on where it may see the console. */
  admit(c: Ctx, next: Next): Promise<Response | undefined>;
  /** Undefined for who came with the key in the request. */
  signInOf(c: Ctx): SignIn | undefined;
  showSignIn(c: Ctx): Answer;
  signIn(c: Ctx): Answer;
  signOut(c: Ctx): Answer;
  /** Reads a form that changes something: only one of a page of the sign-in's own is taken. */
  readChange(c: Ctx): Promise<Change>;
}

export type Change =
  | { readonly kind: "read"; readonly form: URLSearchParams }
  | { readonly kind: "refused"; readonly answer: Response };

const LIFETIME_SECONDS = 12 * 3600;
const MAX_SIGN_INS = 100;
const COOKIE = { path: "/console", httpOnly: true, sameSite: "Strict" } as const;
const WRONG_KEY = "This is not the operator key of this gate.";

export function createGuard({ acceptsKey, wrongKey, monotonicMs }: ConsolePorts): Guard {
  const signIns = createSignIns({ monotonicMs, lifetimeSeconds: LIFETIME_SECONDS, max: MAX_SIGN_INS });

  function isRight(c: Ctx, authorization: string): boolean {
    if (acceptsKey(authorization)) return true;
    wrongKey(c.env.incoming.socket.remoteAddress ?? "");
    return false;
  }

  const signInOf = (c: Ctx): SignIn | undefined => signIns.find(getCookie(c, cookieName(c)));

  async function readChange(c: Ctx): Promise<Change> {
    const signIn = signInOf(c);
    // with the key in a header there is no token: such a client has the operator's routes below /v1
    if (signIn === undefined) return { kind: "refused", answer: await refuse(c, "Sign in to change something here.") };
    const form = new URLSearchParams(await c.req.text());
    if (isCsrfOf(signIn, form.get("csrf"))) return { kind: "read", form };
    return { kind: "refused", answer: await refuse(c, "This form is not from a page of your sign-in.") };
  }

  return {
    signInOf,
    readChange,

    async admit(c, next) {
      if (signInOf(c) !== undefined) return void (await next());
      const { authorization } = c.env.incoming.headers;
      if (authorization === undefined) {
        const { pathname, search } = new URL(c.req.url);
        const target = ownPath(pathname + search);
        return c.redirect(target === HOME ? SIGN_IN : `${SIGN_IN}?${new URLSearchParams({ next: target })}`, 303);
      }
      if (isRight(c, authorization)) return void (await next());
      c.header("www-authenticate", "Bearer");
      return c.html(<MessagePage title="No entry" message={WRONG_KEY} />, 401);
    },

    showSignIn(c) {
      const next = ownPath(c.req.query("next"));
      return signInOf(c) === undefined ? c.html(<SignInPage next={next} />) : c.redirect(next, 303);
    },

    async signIn(c) {
      const form = new URLSearchParams(await c.req.text());
      const next = ownPath(form.get("next") ?? undefined);
      if (!isRight(c, `Bearer ${form.get("key")?.trim() ?? ""}`))
        return c.html(<SignInPage next={next} problem={WRONG_KEY} />, 403);
      signIns.close(getCookie(c, cookieName(c)));
      // a page that came over https is one behind a terminator: this gate itself speaks http
      const secure = c.req.header("origin")?.startsWith("https://") === true;
      setCookie(c, cookieName(c), signIns.open(), { ...COOKIE, secure, maxAge: LIFETIME_SECONDS });
      return c.redirect(next, 303);
    },

    async signOut(c) {
      if (signInOf(c) === undefined) return c.redirect(SIGN_IN, 303);
      const change = await readChange(c);
      if (change.kind === "refused") return change.answer;
      signIns.close(getCookie(c, cookieName(c)));
      deleteCookie(c, cookieName(c), COOKIE);
      return c.redirect(SIGN_IN, 303);
    },
  };
}

function refuse(c: Ctx, message: string): Answer {
  return c.html(<MessagePage title="No entry" message={message} />, 403);
}

/** Browsers give one cookie to all ports of a host: two gates on one machine must not sign each other out. */
function cookieName(c: Ctx): string {
  return `regate_console_${/:(\d+)$/.exec(c.env.incoming.headers.host ?? "")?.[1] ?? "0"}`;
}
