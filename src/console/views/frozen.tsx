// Freezing, in the frame of every page: the button, and the banner that says what is frozen.
import { FREEZE } from "../urls.ts";
import type { Viewer } from "./layout.tsx";
import { Shown } from "./shown.tsx";

/** Of a banner; the rest is on the page. */
const MAX_IN_BANNER = 3;

/** Two presses, so that no slip of a hand stops every agent. */
export function FreezeButton({ csrf }: { readonly csrf: string }) {
  return (
    <details class="freeze" id="freeze-menu">
      <summary>
        <FlakeMark />
        Freeze
      </summary>
      <form method="post" action={FREEZE} class="freeze-menu">
        <input type="hidden" name="csrf" value={csrf} />
        <p>Every call of every agent is refused from now on, until you thaw it. A restart thaws nothing.</p>
        <button type="submit" class="danger">
          Freeze all calls
        </button>
        <a href={FREEZE}>Only a server or a principal</a>
      </form>
    </details>
  );
}

export function FrozenBanner({ viewer: { frozen, csrf } }: { readonly viewer: Viewer }) {
  return (
    <div id="frozen" data-live="">
      {frozen.length > 0 && (
        <section class="frozen-banner" aria-label="Frozen">
          <div class="wrap">
            <FlakeMark />
            <p>
              {frozen.slice(0, MAX_IN_BANNER).map(({ what }, index) => (
                <>
                  {index > 0 && "; "}
                  <b>
                    <Shown text={what} max={120} />
                  </b>
                </>
              ))}
              {frozen.length > MAX_IN_BANNER && ` and ${frozen.length - MAX_IN_BANNER} more`} are frozen since{" "}
              <Since iso={frozen[0]?.since ?? ""} />. <a href={FREEZE}>See and thaw</a>
            </p>
            {csrf !== undefined && (
              <form method="post" action={FREEZE}>
                <input type="hidden" name="csrf" value={csrf} />
                <input type="hidden" name="thaw" value="all" />
                <button type="submit" class="quiet">
                  Thaw {frozen.length === 1 ? "it" : "all"}
                </button>
              </form>
            )}
          </div>
        </section>
      )}
    </div>
  );
}

export function Since({ iso }: { readonly iso: string }) {
  return <time datetime={iso}>{`${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`}</time>;
}

function FlakeMark() {
  return (
    <svg class="flake" viewBox="0 0 16 16" aria-hidden="true">
      <path d="M8 1.5v13M2.4 4.75l11.2 6.5M13.6 4.75L2.4 11.25M6 2.6l2 1.7 2-1.7M6 13.4l2-1.7 2 1.7" />
    </svg>
  );
}
