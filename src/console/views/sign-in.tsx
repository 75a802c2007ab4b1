// The one page that is shown to who is not signed in.
import { SIGN_IN } from "../urls.ts";
import { Page } from "./layout.tsx";

type SignInPageProps = {
  /** Where to go then. */
  readonly next: string;
  readonly problem?: string | undefined;
};

export function SignInPage({ next, problem }: SignInPageProps) {
  return (
    <Page title="Sign in">
      <div class="sign-in">
        <h1>Sign in</h1>
        <p class="lead">The console is for the operator of this gate.</p>
        {problem !== undefined && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <form method="post" action={SIGN_IN} class="stack">
          <input type="hidden" name="next" value={next} />
          <input name="username" value="operator" autocomplete="username" hidden />
          <label for="key">Operator key</label>
          <input
            id="key"
            name="key"
            type="password"
            autocomplete="current-password"
            required
            spellcheck={false}
            aria-describedby="key-hint"
          />
          <p class="hint" id="key-hint">
            The gate printed it once, at its first start, or takes it from <code>REGATE_OPERATOR_KEY</code>. An agent's
            API key does not open this page.
          </p>
          <button type="submit">Sign in</button>
        </form>
      </div>
    </Page>
  );
}
