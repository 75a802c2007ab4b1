// The page of what is frozen: what to freeze, and what to thaw.
import type { FreezeScope } from "../../freeze/freeze.ts";
import { FREEZE } from "../urls.ts";
import { Since } from "./frozen.tsx";
import { Page, type Viewer } from "./layout.tsx";
import { Name, Shown } from "./shown.tsx";

type FreezePageProps = {
  readonly viewer: Viewer;
  /** Catalogue names of the configured servers. */
  readonly servers: readonly string[];
  /** Principals that were heard of lately. */
  readonly principals: readonly string[];
  /** What the form begins with. */
  readonly chosen: FreezeScope;
  /** Why the last form was not taken. */
  readonly problem?: string | undefined;
};

export function FreezePage({ viewer, servers, principals, chosen, problem }: FreezePageProps) {
  return (
    <Page title="Freeze" viewer={viewer}>
      <h1>Freeze</h1>
      <p class="lead">
        What is frozen is refused at once, for every agent and every server, observed ones too. Agents can still connect
        and list what there is; answers that are on their way arrive. It holds over restarts, until it is thawed here or
        by <code>regate freeze --thaw</code>.
      </p>
      {problem !== undefined && (
        <p class="problem" role="alert">
          <Shown text={problem} />
        </p>
      )}
      <FrozenList viewer={viewer} />
      {viewer.csrf === undefined ? (
        <p class="note">Sign in to freeze calls here; with the key in a header, POST /v1/freeze does it.</p>
      ) : (
        <section class="part" aria-labelledby="freeze-more">
          <h2 id="freeze-more">Freeze calls</h2>
          <form method="post" action={FREEZE} class="filters freeze-form">
            <input type="hidden" name="csrf" value={viewer.csrf} />
            <p class="field">
              <label for="freeze-server">Server</label>
              <select id="freeze-server" name="server">
                <option value="">All servers</option>
                {servers.map((server) => (
                  <option value={server} selected={server === chosen.server}>
                    {server}
                  </option>
                ))}
              </select>
            </p>
            <p class="field">
              <label for="freeze-principal">Principal</label>
              <input
                id="freeze-principal"
                name="principal"
                value={chosen.principal}
                list="freeze-principals"
                maxlength={400}
                placeholder="All principals"
                autocomplete="off"
                spellcheck={false}
              />
              <datalist id="freeze-principals">
                {principals.map((principal) => (
                  <option value={principal}></option>
                ))}
              </datalist>
            </p>
            <p class="actions">
              <button type="submit" class="danger">
                Freeze
              </button>
            </p>
          </form>
        </section>
      )}
    </Page>
  );
}

function FrozenList({ viewer: { frozen, csrf } }: { readonly viewer: Viewer }) {
  if (frozen.length === 0) return <p class="empty">Nothing is frozen.</p>;
  return (
    <table class="list">
      <caption class="visually-hidden">What is frozen</caption>
      <thead>
        <tr>
          <th scope="col">Frozen</th>
          <th scope="col">Server</th>
          <th scope="col">Principal</th>
          <th scope="col">Since</th>
          <th scope="col">
            <span class="visually-hidden">Thaw</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {frozen.map(({ what, server, principal, since }) => (
          <tr>
            <th scope="row">
              <Shown text={what} max={300} />
            </th>
            <td data-label="Server">{server === undefined ? "all" : <Name text={server} />}</td>
            <td data-label="Principal">{principal === undefined ? "all" : <Name text={principal} />}</td>
            <td data-label="Since">
              <Since iso={since} />
            </td>
            <td>
              {csrf !== undefined && (
                <form method="post" action={FREEZE}>
                  <input type="hidden" name="csrf" value={csrf} />
                  <input type="hidden" name="thaw" value="one" />
                  {server !== undefined && <input type="hidden" name="server" value={server} />}
                  {principal !== undefined && <input type="hidden" name="principal" value={principal} />}
                  <button type="submit" class="quiet">
                    Thaw
                  </button>
                </form>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
