// Calls over time by what became of them: stacked bars as inline SVG, the same in words for who does not see it.
import type { Bar, Range, Summary } from "../chart.ts";
import { roundUp } from "../chart.ts";
import { hourOf } from "../time.ts";
import { nameVerdict } from "../verdicts.ts";
import { countOf } from "../words.ts";

const WIDTH = 1_080;
const HEIGHT = 230;
const LEFT = 44;
const BOTTOM = 24;
const TOP = 10;
const PLOT = HEIGHT - BOTTOM - TOP;

type ChartProps = { readonly summary: Summary; readonly range: Range };

export function CallChart({ summary, range }: ChartProps) {
  const { bars, total } = summary;
  const top = roundUp(Math.max(...bars.map((bar) => bar.total)));
  const step = (WIDTH - LEFT) / bars.length;
  const gap = Math.max(1.5, step * 0.18);
  // so that no label stands over its neighbour
  const every = Math.ceil(bars.length / 6);
  return (
    <figure class="chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={describe(summary, range)}>
        {[0, 0.5, 1].map((share) => (
          <>
            <line class="grid" x1={LEFT} x2={WIDTH} y1={yOf(share)} y2={yOf(share)} />
            <text class="tick" x={LEFT - 10} y={yOf(share) + 4} text-anchor="end">
              {(top * share).toLocaleString("en")}
            </text>
          </>
        ))}
        {bars.map((bar, index) => (
          <Column bar={bar} x={LEFT + index * step + gap / 2} width={step - gap} top={top} />
        ))}
        {bars.map(
          (bar, index) =>
            index % every === 0 && (
              <text class="tick" x={LEFT + index * step + gap / 2} y={HEIGHT - 6}>
                {hourOf(bar.fromUnixMs)}
              </text>
            ),
        )}
        {total === 0 && (
          <text class="none" x={LEFT + (WIDTH - LEFT) / 2} y={TOP + PLOT / 2 + 5} text-anchor="middle">
            No calls yet in this time
          </text>
        )}
      </svg>
      <figcaption>
        <ul class="legend">
          {summary.counts.map(({ kind, count }) => (
            <li>
              <span class={`dot bar-${kind}`} aria-hidden="true"></span>
              {nameVerdict(kind)} <b>{count.toLocaleString("en")}</b>
            </li>
          ))}
        </ul>
        <span class="soft">Times in UTC</span>
      </figcaption>
      {total > 0 && <Table bars={bars} counts={summary.counts} />}
    </figure>
  );
}

type ColumnProps = { readonly bar: Bar; readonly x: number; readonly width: number; readonly top: number };

function Column({ bar, x, width, top }: ColumnProps) {
  let below = 0;
  return (
    <g>
      <title>{`${hourOf(bar.fromUnixMs)} UTC: ${listParts(bar) || "no calls"}`}</title>
      <rect class="hover" x={x} y={TOP} width={width} height={PLOT} />
      {bar.parts.map(({ kind, count }) => {
        const y = yOf((below + count) / top);
        // what there is shows, however little it is beside the rest
        const height = Math.max(1.5, (PLOT * count) / top);
        below += count;
        return (
          <rect class={`bar-${kind}`} x={round(x)} y={round(y)} width={round(width)} height={round(height)} rx="1" />
        );
      })}
    </g>
  );
}

/** Only what is not empty: 60 rows of nothing help nobody. */
function Table({ bars, counts }: { readonly bars: readonly Bar[]; readonly counts: Summary["counts"] }) {
  return (
    <details class="as-table" id="chart-table">
      <summary>As a table</summary>
      <section class="scroll" tabindex={0} aria-label="Calls over time">
        <table class="list numbers">
          <thead>
            <tr>
              <th scope="col">From (UTC)</th>
              {counts.map(({ kind }) => (
                <th scope="col">{nameVerdict(kind)}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars
              .filter((bar) => bar.total > 0)
              .map((bar) => (
                <tr>
                  <th scope="row">{hourOf(bar.fromUnixMs)}</th>
                  {counts.map(({ kind }) => (
                    <td data-label={nameVerdict(kind)}>
                      {(bar.parts.find((part) => part.kind === kind)?.count ?? 0).toLocaleString("en")}
                    </td>
                  ))}
                </tr>
              ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function describe({ counts, total }: Summary, { title }: Range): string {
  const parts = counts.map(({ kind, count }) => `${count} ${nameVerdict(kind).toLowerCase()}`).join(", ");
  return `Calls over time. ${title}: ${total === 0 ? "none" : `${countOf(total, "call")}: ${parts}`}`;
}

function listParts({ parts }: Bar): string {
  return parts.map(({ kind, count }) => `${count.toLocaleString("en")} ${nameVerdict(kind).toLowerCase()}`).join(", ");
}

function yOf(share: number): number {
  return TOP + PLOT * (1 - share);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
