// The frame of every page: what the browser loads, the way around, who is signed in. A page brings its title and content.

import { html } from "hono/html";
import type { Child } from "hono/jsx";
import { showable } from "../../mcp/showable.ts";
import type { FrozenStatus } from "../../status/status-schema.ts";
import { COPY_URL, ICON_URL, LIVE_URL, STYLE_URL } from "../assets/assets.ts";
import { APPROVALS, BUNDLE, CATALOGUE, DECISIONS, HOME, PLAYGROUND, SESSIONS, SIGN_OUT } from "../urls.ts";
import { FreezeButton, FrozenBanner } from "./frozen.tsx";
import { Shown } from "./shown.tsx";

/** The parts of the console, in the order of the navigation. */
const SECTIONS = [
  { name: "Overview", url: HOME },
  { name: "Decisions", url: DECISIONS },
  { name: "Approvals", url: APPROVALS },
  { name: "Sessions", url: SESSIONS },
  { name: "Catalogue", url: CATALOGUE },
  { name: "Bundle", url: BUNDLE },
  { name: "Playground", url: PLAYGROUND },
] as const;
export type Section = (typeof SECTIONS)[number]["name"];

/** What the frame says of who looks, and of what. */
export type Viewer = {
  readonly revision: string;
  /** Absent for who came with the key in a header: there is nothing to sign out of. */
  readonly csrf: string | undefined;
  readonly version: string;
  readonly frozen: readonly FrozenStatus[];
  /** Calls that wait for a person. */
  readonly waiting: number;
};

type PageProps = {
  /** May hold names from outside. */
  readonly title: string;
  readonly section?: Section;
  /** Absent before the sign-in. */
  readonly viewer?: Viewer;
  /** Whether parts of it are kept as they are now where scripts run. */
  readonly live?: boolean;
  /** Of further scripts. */
  readonly scripts?: readonly string[];
  readonly children: Child;
};

export function Page({ title, section, viewer, live = false, scripts = [], children }: PageProps) {
  return html`<!doctype html>${(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${showable(title, 100)} - Regate`}</title>
        <link rel="icon" type="image/svg+xml" href={ICON_URL} />
        <link rel="stylesheet" href={STYLE_URL} />
        <script src={COPY_URL} defer></script>
        {live && <script src={LIVE_URL} defer></script>}
        {scripts.map((url) => (
          <script src={url} type="module"></script>
        ))}
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header class="top">
          <div class="wrap">
            <a class="brand" href={HOME}>
              <Mark />
              Regate
            </a>
            {viewer !== undefined && <Navigation section={section} viewer={viewer} />}
          </div>
        </header>
        {viewer !== undefined && <FrozenBanner viewer={viewer} />}
        <main id="main" class="wrap" tabindex={-1}>
          {children}
        </main>
        {viewer !== undefined && (
          <footer class="foot wrap">
            <p>
              Policy{" "}
              <a href={BUNDLE}>
                <code>
                  <Shown text={viewer.revision} max={40} />
                </code>
              </a>
            </p>
            <p>
              Regate <Shown text={viewer.version} max={40} />
            </p>
          </footer>
        )}
      </body>
    </html>
  )}`;
}

function Navigation({ section, viewer }: { readonly section: Section | undefined; readonly viewer: Viewer }) {
  return (
    <>
      <nav aria-label="Console">
        <ul>
          {SECTIONS.map(({ name, url }) => (
            <li>
              <a href={url} aria-current={name === section ? "page" : undefined}>
                {name}
                {url === APPROVALS && <Waiting count={viewer.waiting} />}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      {viewer.csrf !== undefined && (
        <div class="own">
          <FreezeButton csrf={viewer.csrf} />
          <form method="post" action={SIGN_OUT}>
            <input type="hidden" name="csrf" value={viewer.csrf} />
            <button type="submit" class="quiet">
              Sign out
            </button>
          </form>
        </div>
      )}
    </>
  );
}

function Waiting({ count }: { readonly count: number }) {
  return (
    <span id="waiting-count" data-live="">
      {count > 0 && (
        <span class="waiting">
          {count.toLocaleString("en")}
          <span class="visually-hidden"> waiting</span>
        </span>
      )}
    </span>
  );
}

/** A gate, half open. */
function Mark() {
  return (
    <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M4 21V5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v16" />
      <path d="M9 21V8l7 3v10" />
    </svg>
  );
}
