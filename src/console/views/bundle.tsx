// The bundle that judges: what it is made of, what its packages and rules say of themselves, and where a shadow differs.
import type { RuleLocation } from "../../gate/types.ts";
import type { ShadowStatus, Status } from "../../status/status-schema.ts";
import { ownId } from "../explain.ts";
import type { BundleView } from "../ports.ts";
import { describeAge } from "../time.ts";
import { decisionUrl, PLAYGROUND } from "../urls.ts";
import { countOf } from "../words.ts";
import { Page, type Viewer } from "./layout.tsx";
import { LiveBar } from "./live-bar.tsx";
import { Name, Shown } from "./shown.tsx";

type BundlePageProps = {
  readonly viewer: Viewer;
  readonly status: Status;
  readonly bundle: BundleView;
  readonly rules: ReadonlyMap<string, RuleLocation>;
  readonly nowUnixMs: number;
};

const LIBRARY = "regate";

export function BundlePage({ viewer, status, bundle, rules, nowUnixMs }: BundlePageProps) {
  const own = bundle.packages.filter(({ path }) => !isLibrary(path));
  const library = bundle.packages.filter(({ path }) => isLibrary(path));
  const { policy, shadow } = status;
  return (
    <Page title="Bundle" section="Bundle" viewer={viewer} live>
      <div class="title-row">
        <h1>Bundle</h1>
        <LiveBar />
        <p class="push">
          <a href={PLAYGROUND}>Try it in the playground</a>
        </p>
      </div>
      <p class="lead">
        Every call is judged by what this file holds: {countOf(rules.size, "rule")} in {countOf(own.length, "package")},
        compiled to WebAssembly.
      </p>
      <section class="panel" aria-label="Manifest">
        <dl class="facts manifest">
          <div>
            <dt>Revision</dt>
            <dd>
              <Name text={policy.revision} max={80} />
            </dd>
          </div>
          <div>
            <dt>In force</dt>
            <dd>for {describeAge(nowUnixMs - Date.parse(policy.since))}</dd>
          </div>
          <div>
            <dt>File</dt>
            <dd>
              <Name text={policy.file} max={200} />
            </dd>
          </div>
          <div>
            <dt>Program</dt>
            <dd>{kilobytes(bundle.wasmBytes)}, metered</dd>
          </div>
          <div>
            <dt>Data</dt>
            <dd>{kilobytes(bundle.dataBytes)}</dd>
          </div>
          <div>
            <dt>Rego</dt>
            <dd>{bundle.regoVersion === undefined ? "not said" : `version ${bundle.regoVersion}`}</dd>
          </div>
          <div>
            <dt>Roots</dt>
            <dd>
              {bundle.roots.map((root) => (
                <>
                  <Name text={root} max={80} />{" "}
                </>
              ))}
            </dd>
          </div>
          <div class="wide">
            <dt>SHA-256 of the file</dt>
            <dd>
              <code class="hash">{bundle.digest}</code>
            </dd>
          </div>
        </dl>
      </section>
      <Shadow shadow={shadow} nowUnixMs={nowUnixMs} />
      <section class="part" aria-labelledby="entrypoints">
        <h2 id="entrypoints">Entrypoints</h2>
        <ul class="entries">
          {bundle.entrypoints.map(({ name, title, description }) => (
            <li>
              <h3>
                <Name text={name} max={120} />
                {title !== undefined && (
                  <span class="soft">
                    {" "}
                    <Shown text={title} max={200} />
                  </span>
                )}
              </h3>
              {description !== undefined && (
                <p class="soft">
                  <Shown text={description.trim()} max={1_000} lines />
                </p>
              )}
            </li>
          ))}
        </ul>
      </section>
      <section class="part" aria-labelledby="packages">
        <h2 id="packages">Packages</h2>
        <ul class="entries">
          {own.map((entry) => (
            <Package entry={entry} rules={rules} />
          ))}
        </ul>
      </section>
      {library.length > 0 && (
        <section class="part" aria-labelledby="library">
          <h2 id="library">The library that came with it</h2>
          <ul class="entries">
            {library.map((entry) => (
              <Package entry={entry} rules={rules} />
            ))}
          </ul>
        </section>
      )}
    </Page>
  );
}

type PackageProps = {
  readonly entry: BundleView["packages"][number];
  readonly rules: ReadonlyMap<string, RuleLocation>;
};

function Package({ entry: { path, file, title, description }, rules }: PackageProps) {
  const own = [...rules]
    .filter(([id]) => id.slice(0, id.lastIndexOf("/")) === path)
    .sort(([, a], [, b]) => a.row - b.row);
  return (
    <li>
      <h3>
        <Shown text={title ?? path} max={200} />
      </h3>
      <p class="soft">
        <Name text={path} max={200} /> · <Name text={file} max={200} />
      </p>
      {description !== undefined && (
        <p>
          <Shown text={description.trim()} max={1_500} lines />
        </p>
      )}
      {own.length > 0 && (
        <details id={`rules-of-${path}`}>
          <summary>{countOf(own.length, "rule")}</summary>
          <ol class="rule-list">
            {own.map(([id, note]) => (
              <li>
                <span class="badge plain">{(note.action ?? "computed").replaceAll("_", " ")}</span>
                <span>
                  <Shown text={note.title ?? ownId(id)} max={200} />
                  {note.tool !== undefined && (
                    <span class="soft">
                      {" "}
                      for <Name text={note.tool} max={80} />
                    </span>
                  )}
                </span>
                <span class="soft">
                  <Name text={ownId(id)} max={80} />, row {note.row}
                </span>
              </li>
            ))}
          </ol>
        </details>
      )}
    </li>
  );
}

function Shadow({ shadow, nowUnixMs }: { readonly shadow: ShadowStatus | undefined; readonly nowUnixMs: number }) {
  return (
    <section class="part" aria-labelledby="shadow" id="shadow-part" data-live="">
      <h2 id="shadow">Shadow</h2>
      {shadow === undefined ? (
        <p class="soft">
          No other bundle judges beside this one. <code>regate serve --shadow FILE</code> tries a change on live calls
          before it counts.
        </p>
      ) : (
        <ShadowDifferences shadow={shadow} nowUnixMs={nowUnixMs} />
      )}
    </section>
  );
}

function ShadowDifferences({ shadow, nowUnixMs }: { readonly shadow: ShadowStatus; readonly nowUnixMs: number }) {
  const { policy, problem, judged, dropped, divergences, top } = shadow;
  return (
    <>
      {problem !== undefined && (
        <p class="note warning">
          <Name text={shadow.file} max={200} /> can't be taken: <Shown text={problem} max={400} />
        </p>
      )}
      {policy !== undefined && (
        <p>
          Revision <Name text={policy.revision} max={60} /> (<Name text={policy.file} max={200} />) has judged{" "}
          {countOf(judged, "call")} beside the active one for {describeAge(nowUnixMs - Date.parse(policy.since))}
          {dropped > 0 && `, and was too slow for ${dropped.toLocaleString("en")}`}:{" "}
          <b class={divergences.looser > 0 ? "is-refused" : undefined}>
            {divergences.looser.toLocaleString("en")} looser
          </b>
          , <b>{divergences.stricter.toLocaleString("en")} stricter</b>,{" "}
          <b>{divergences.other.toLocaleString("en")} other</b>.
        </p>
      )}
      {policy !== undefined && top.length === 0 && <p class="empty small">The two have agreed on every call.</p>}
      {top.length > 0 && (
        <table class="list">
          <caption class="visually-hidden">Where the two policies differ, the most frequent first</caption>
          <thead>
            <tr>
              <th scope="col">Tool</th>
              <th scope="col">Change</th>
              <th scope="col">Active</th>
              <th scope="col">Shadow</th>
              <th scope="col">Calls</th>
              <th scope="col">For example</th>
            </tr>
          </thead>
          <tbody>
            {top.map((row) => (
              <tr>
                <th scope="row">
                  <Name text={row.tool} max={80} />
                  <span class="soft below">
                    <Shown text={row.server} max={60} />
                  </span>
                </th>
                <td data-label="Change">
                  <span class={`badge change-${row.change}`}>{row.change}</span>
                </td>
                <td data-label="Active">
                  <Shown text={row.active} max={120} />
                </td>
                <td data-label="Shadow">
                  <Shown text={row.shadow} max={120} />
                  {row.active === row.shadow && <span class="soft below">other {row.what.join(", ")}</span>}
                </td>
                <td data-label="Calls">{row.calls.toLocaleString("en")}</td>
                <td data-label="For example">
                  <a href={decisionUrl(row.decision_id)}>
                    <code>{row.decision_id.slice(0, 8)}</code>
                  </a>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

function isLibrary(path: string): boolean {
  return path === LIBRARY || path.startsWith(`${LIBRARY}.`);
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1_000).toLocaleString("en")} kB`;
}
