// How what the gate does looks: charts, tables of decisions, traces, freezing.
const VERDICT_COLOURS: Readonly<Record<string, readonly [bar: string, ink: string]>> = {
  forward: ["light-dark(#6bb58f, #4a9a75)", "var(--Read)"],
  denied: ["light-dark(#d2534d, #e0736b)", "var(--Destructive)"],
  rate_limited: ["light-dark(#4a84d4, #6ba0ea)", "var(--Write)"],
  too_many_buckets: ["light-dark(#2f5f9f, #4b7fc4)", "var(--Write)"],
  too_many_in_flight: ["light-dark(#27487c, #3a64a0)", "var(--Write)"],
  approval_needed: ["light-dark(#d9992b, #dba748)", "var(--Financial)"],
  invalid_arguments: ["light-dark(#8f6ccb, #a386e0)", "var(--Execute)"],
  failed: ["light-dark(#4b4943, #c9c6bd)", "var(--Unknown)"],
  frozen: ["light-dark(#2aa3b1, #4fbecb)", "var(--frost)"],
  asked: ["light-dark(#a9a49a, #6d6b66)", "var(--soft)"],
};

export const STYLE_ACTIVITY = `
:root {
  --frost: light-dark(#0a6570, #6fd3de);
  --frost-ground: light-dark(#dff3f5, #0f2c30);
}
${Object.entries(VERDICT_COLOURS)
  .map(
    ([kind, [bar, ink]]) => `.bar-${kind} { fill: ${bar}; background: ${bar}; }
.mark-${kind} { color: ${ink}; }
.verdict.edge-${kind} { border-left-color: ${bar}; }
`,
  )
  .join("")}
.verdict-mark { display: inline-flex; align-items: center; gap: 0.4rem; font-weight: 560; white-space: nowrap; }
.verdict-mark svg { flex: none; width: 1rem; height: 1rem; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.verdict-mark .soft { font-weight: 400; }
.verdict .verdict-mark { align-self: flex-start; font-size: 1.0625rem; line-height: 1.5; }

/* the frame */
.own { display: flex; align-items: center; gap: 0.5rem; margin-left: auto; }
.foot { display: flex; flex-wrap: wrap; gap: 0.25rem 2rem; padding-block: 1rem 2rem; border-top: 1px solid var(--line); color: var(--soft); font-size: 0.8125rem; }
.foot a { color: inherit; }
.flake { width: 1rem; height: 1rem; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; }
.freeze { position: relative; }
.freeze > summary { display: inline-flex; align-items: center; gap: 0.4rem; height: 1.875rem; padding: 0 0.7rem; border: 1px solid var(--line); border-radius: 7px; color: var(--frost); font-size: 0.8125rem; font-weight: 560; list-style: none; }
.freeze > summary::-webkit-details-marker { display: none; }
.freeze > summary:hover, .freeze[open] > summary { border-color: var(--frost); background: var(--frost-ground); color: var(--frost); }
.freeze-menu { position: absolute; z-index: 2; right: 0; top: calc(100% + 0.4rem); width: min(19rem, calc(100vw - 2.5rem)); display: grid; gap: 0.75rem; padding: 1rem; border: 1px solid var(--line-strong); border-radius: 10px; background: var(--surface); font-size: 0.875rem; line-height: 1.5; box-shadow: 0 8px 28px light-dark(#1d1c1926, #00000080); }
.freeze-menu a { font-size: 0.8125rem; text-align: center; }
button.danger { background: light-dark(#a82a28, #f39a92); color: light-dark(#ffffff, #34100e); }
button.approve { background: light-dark(#1c6a48, #7fd0a6); color: light-dark(#ffffff, #0b2418); }
.frozen-banner { background: var(--frost-ground); color: var(--frost); border-bottom: 1px solid var(--line); }
.frozen-banner .wrap { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.75rem; padding-block: 0.6rem; }
.frozen-banner p { flex: 1 1 20rem; }
.frozen-banner a { color: inherit; }
.frozen-banner button.quiet { color: inherit; border-color: currentColor; background: transparent; }
.freeze-form .actions { align-self: end; }
.note.alarm { background: var(--Destructive-ground); color: var(--Destructive); }
.badge.alarm { background: var(--Destructive-ground); color: var(--Destructive); font-size: 0.75rem; }

/* pages that keep themselves as they are now */
.title-row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1.25rem; }
.live-bar { display: inline-flex; align-items: center; gap: 0.45rem; color: var(--soft); font-size: 0.8125rem; }
.live-bar button.quiet { height: 1.5rem; padding: 0 0.5rem; margin-left: 0.25rem; font-size: 0.75rem; }
.live-dot { width: 0.5rem; height: 0.5rem; border-radius: 50%; background: var(--line-strong); }
[data-live-bar="live"] .live-dot { background: light-dark(#2f9e6a, #5fc796); box-shadow: 0 0 0 3px light-dark(#2f9e6a26, #5fc79633); }
.ranges { display: inline-flex; margin-left: auto; padding: 0.1875rem; border-radius: 8px; background: var(--sunken); }
.ranges a { padding: 0.2rem 0.8rem; border-radius: 6px; color: var(--soft); text-decoration: none; font-size: 0.8125rem; font-weight: 540; }
.ranges a:hover { color: var(--ink); }
.ranges a[aria-current] { background: var(--surface); color: var(--ink); box-shadow: 0 1px 2px light-dark(#1d1c191f, #00000066); }

/* the overview */
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11.5rem), 1fr)); gap: 0.875rem; margin-top: 1.25rem; }
.tiles > div { padding: 0.9rem 1.1rem 1rem; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); min-width: 0; }
.tiles dt { color: var(--soft); font-size: 0.8125rem; font-weight: 540; }
.tiles dd { margin: 0; line-height: 1.4; }
.tiles dt + dd { font-size: 1.625rem; font-weight: 620; letter-spacing: -0.03em; font-variant-numeric: tabular-nums; line-height: 1.45; overflow-wrap: anywhere; }
.tiles dd.code { font-family: var(--mono); font-size: 1.1875rem; letter-spacing: -0.03em; padding-block: 0.3rem; }
.tiles dd a { color: inherit; text-decoration: none; }
.tiles dd a:hover { text-decoration: underline; }
.tiles dd.soft { font-size: 0.8125rem; }
.panel { margin-top: 0.875rem; padding: 1.1rem 1.25rem 1.25rem; border: 1px solid var(--line); border-radius: 12px; background: var(--surface); min-width: 0; }
.panel > h2 { font-size: 1rem; }
.panel > h2 .soft { font-weight: 400; letter-spacing: 0; margin-left: 0.25rem; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 0.875rem; align-items: start; }
.chart { margin-top: 0.75rem; }
.chart > svg { width: 100%; height: auto; }
.chart .grid { stroke: var(--line); stroke-width: 1; }
.chart .tick { fill: var(--soft); font: 400 12px var(--sans); font-variant-numeric: tabular-nums; }
.chart .none { fill: var(--soft); font: 400 15px var(--sans); }
.chart .hover { fill: transparent; }
.chart g:hover .hover { fill: var(--sunken); }
.chart figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0.25rem 1rem; margin-top: 0.25rem; font-size: 0.875rem; }
.chart figcaption .legend { flex: 1; margin-top: 0; }
.chart figcaption b { font-variant-numeric: tabular-nums; margin-left: 0.15rem; }
.as-table { margin-top: 0.5rem; }
.scroll { overflow: auto; max-height: 20rem; }
.lead + .list, .problem + .list { margin-top: 1.1rem; }
.list td, .list th { font-size: 0.875rem; }
.list tbody th { font-weight: 400; }
.list .number, .numbers td { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.numbers thead th + th { text-align: right; }
.empty.small { padding: 1.5rem 1rem; font-size: 0.875rem; }
.ranked { margin-top: 0.6rem; }
.ranked li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0.05rem 1rem; padding-block: 0.6rem; border-bottom: 1px solid var(--line); }
.ranked li:last-child, .servers-now li:last-child { border-bottom: 0; padding-bottom: 0; }
.ranked .what { text-decoration: none; font-weight: 520; font-size: 0.90625rem; }
.ranked .what:hover { text-decoration: underline; }
.ranked .where { grid-column: 1; font-size: 0.8125rem; }
.ranked .count-of { grid-column: 2; grid-row: 1; font-weight: 600; font-variant-numeric: tabular-nums; }
.ranked .bar, .servers-now .bar { grid-column: 1 / -1; height: 0.3125rem; margin-top: 0.25rem; border-radius: 3px; }
.ranked .how { grid-column: 1 / -1; font-size: 0.8125rem; }
.servers-now { margin-top: 0.6rem; }
.servers-now li { padding-block: 0.7rem; border-bottom: 1px solid var(--line); }
.servers-now .head { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.5rem; }
.servers-now .head a { text-decoration: none; font-weight: 520; color: var(--ink); }
.servers-now .head a:hover { text-decoration: underline; }
.servers-now .head .badge { font-size: 0.75rem; margin-left: 0; }
.servers-now .soft { font-size: 0.8125rem; }
.health { width: 0.5625rem; height: 0.5625rem; border-radius: 50%; background: transparent; box-shadow: inset 0 0 0 2px var(--line-strong); }
.health-up { background: light-dark(#2f9e6a, #5fc796); box-shadow: none; }
.health-down { background: light-dark(#d2534d, #e0736b); box-shadow: none; }

/* decisions */
.below { display: block; font-size: 0.8125rem; line-height: 1.45; }
a.plain { color: inherit; text-decoration: none; }
a.plain:hover { text-decoration: underline; }
a.below.soft { color: var(--soft); font-family: var(--mono); font-size: 0.75rem; }
.decisions { margin-top: 1.1rem; }
.decisions .time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.decisions .time a { color: var(--soft); text-decoration: none; }
.decisions tbody th a { text-decoration: none; font-weight: 540; }
.decisions tbody th a:hover, .decisions .time a:hover { text-decoration: underline; }
.decisions td .name { font-size: 0.8125rem; }
.decisions tbody th .name { font-size: 0.84375rem; }
.decisions tbody tr:hover { background: linear-gradient(90deg, transparent, var(--sunken) 1.5rem, var(--sunken) calc(100% - 1.5rem), transparent); }
.trace { position: relative; display: grid; gap: 0; }
.trace li { position: relative; display: grid; grid-template-columns: 9.5rem minmax(0, 1fr); gap: 0 1rem; align-items: baseline; padding: 0 0 0.7rem 2.25rem; }
.trace li::before { content: ""; position: absolute; left: 0.6875rem; top: 1.55rem; bottom: 0; width: 2px; background: var(--line); }
.trace li:last-child::before { display: none; }
.trace li:last-child { padding-bottom: 0; }
.trace svg { position: absolute; left: 0; top: 0.05rem; width: 1.5rem; height: 1.5rem; padding: 0.2rem; border-radius: 50%; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; background: var(--Read-ground); color: var(--Read); }
.trace-refused svg { background: var(--Destructive-ground); color: var(--Destructive); }
.trace-refused b { color: var(--Destructive); }
.trace-skipped svg { background: var(--sunken); color: var(--soft); }
.trace-skipped b { font-weight: 500; color: var(--soft); }
.trace b { font-size: 0.9375rem; }
.buckets { display: grid; gap: 0.9rem; padding: 0 !important; list-style: none !important; }
.level { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 0.9rem; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.level svg { flex: 1 1 12rem; max-width: 22rem; height: 0.625rem; border-radius: 5px; background: var(--sunken); }
.level-left { fill: light-dark(#6bb58f, #4a9a75); }
.level-taken { fill: light-dark(#d9992b, #dba748); }
.meter { width: 100%; height: 0.3125rem; margin-top: 0.3rem; border-radius: 3px; background: var(--line); overflow: hidden; }
.meter-value { fill: var(--accent); }
.next a { font-weight: 540; }
.aside .hint { margin-top: 0.75rem; }
.json-key { color: var(--Write); }
.json-string { color: var(--Read); }
.json-word { color: var(--Execute); }
.json-number { color: var(--Financial); }
.json-masked { color: var(--soft); background: var(--line); border-radius: 3px; }

@media (max-width: 46rem) {
  .ranges { margin-left: 0; }
  .trace li { grid-template-columns: minmax(0, 1fr); }
  .list .number, .numbers td { text-align: left; }
  .numbers thead th + th { text-align: left; }
  .decisions tbody tr:hover { background: none; }
  .own { margin-left: 0; }
  .freeze-menu { right: auto; left: 0; }
}
`;
