// How the console looks: one style sheet, light and dark by what the person's system says, no font or picture from elsewhere.
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fbfaf8, #121315);
  --surface: light-dark(#ffffff, #191b1e);
  --sunken: light-dark(#f3f1ec, #0e0f11);
  --ink: light-dark(#1d1c19, #e9e7e1);
  --soft: light-dark(#615d54, #a7a49b);
  --line: light-dark(#e4e0d8, #2b2d31);
  --line-strong: light-dark(#8c877c, #74767b);
  --accent: light-dark(#0b5f63, #7ccbcd);
  --accent-ground: light-dark(#0b5f63, #7ccbcd);
  --accent-ink: light-dark(#ffffff, #08272a);
  --Read: light-dark(#1c6a48, #7fd0a6);
  --Read-ground: light-dark(#e3f2ea, #14291f);
  --Write: light-dark(#1f57a4, #93bdf5);
  --Write-ground: light-dark(#e6eefb, #16243a);
  --Execute: light-dark(#6a3bb0, #c2a4f5);
  --Execute-ground: light-dark(#f0e9fb, #271c3b);
  --Financial: light-dark(#805000, #e8b765);
  --Financial-ground: light-dark(#fbf0da, #2f2412);
  --Destructive: light-dark(#a82a28, #f39a92);
  --Destructive-ground: light-dark(#fce8e5, #381a18);
  --Unknown: light-dark(#55524c, #b5b2aa);
  --Unknown-ground: light-dark(#ecebe7, #26272a);
  --sans: Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "JetBrains Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}

*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1.5rem; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 400 0.9375rem/1.6 var(--sans); }
h1, h2, h3, h4 { margin: 0; line-height: 1.25; font-weight: 620; letter-spacing: -0.012em; text-wrap: balance; }
h1 { font-size: 1.75rem; letter-spacing: -0.02em; }
h2 { font-size: 1.1875rem; }
h3 { font-size: 0.9375rem; }
h4 { font-size: 0.9375rem; }
p, ul, ol, dl, figure, blockquote, pre { margin: 0; }
ul, ol { padding: 0; list-style: none; }
a { color: var(--accent); text-decoration-thickness: 1px; text-underline-offset: 0.18em; }
a:hover { text-decoration-thickness: 2px; }
b, th { font-weight: 600; }
code { font-family: var(--mono); font-size: 0.875em; }
svg { display: block; }
bdi { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 3px; }
main:focus { outline: none; }
[hidden] { display: none !important; }

.wrap { width: min(100% - 2.5rem, 74rem); margin-inline: auto; }
.visually-hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 1rem; background: var(--surface); z-index: 1; }
.skip:focus { top: 0.5rem; }
.soft { color: var(--soft); font-size: 0.875rem; }
.lead { color: var(--soft); max-width: 46rem; margin-top: 0.375rem; }
.name { font-family: var(--mono); overflow-wrap: anywhere; white-space: pre-wrap; }
.hidden-char { display: inline-block; padding: 0 0.3em; margin-inline: 0.1em; border-radius: 3px; background: var(--Destructive-ground); color: var(--Destructive); font: 600 0.75em/1.5 var(--mono); letter-spacing: 0; white-space: nowrap; vertical-align: 0.08em; }
.cut { color: var(--soft); font-style: italic; }

/* the frame */
.top { border-bottom: 1px solid var(--line); background: var(--surface); }
.top .wrap { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem 1.75rem; min-height: 3.5rem; padding-block: 0.5rem; }
.brand { display: inline-flex; align-items: center; gap: 0.5rem; color: var(--ink); font-weight: 680; font-size: 1.0625rem; letter-spacing: -0.02em; text-decoration: none; }
.mark { width: 1.375rem; height: 1.375rem; fill: none; stroke: var(--accent); stroke-width: 2.2; stroke-linecap: round; stroke-linejoin: round; }
.top nav { flex: 1; }
.top nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem; }
.top nav a { display: block; padding: 0.3rem 0.7rem; border-radius: 6px; color: var(--soft); text-decoration: none; font-weight: 520; }
.top nav a:hover { color: var(--ink); background: var(--sunken); }
.top nav a[aria-current] { color: var(--ink); background: var(--sunken); }
main { padding-block: 2.25rem 5rem; }

/* forms */
button, input, select { font: inherit; color: inherit; }
input, select { width: 100%; height: 2.375rem; padding: 0 0.7rem; border: 1px solid var(--line-strong); border-radius: 7px; background: var(--surface); }
select { padding-right: 0.25rem; }
label { font-size: 0.8125rem; font-weight: 560; color: var(--soft); }
button { height: 2.375rem; padding: 0 1.1rem; border: 0; border-radius: 7px; background: var(--accent-ground); color: var(--accent-ink); font-weight: 580; cursor: pointer; }
button:hover { filter: brightness(1.1); }
button.quiet { height: 1.875rem; padding: 0 0.7rem; background: transparent; color: var(--soft); border: 1px solid var(--line); font-size: 0.8125rem; font-weight: 540; }
button.quiet:hover { color: var(--ink); border-color: var(--line-strong); filter: none; }
.filters { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.25rem, 1fr)); gap: 0.75rem; align-items: end; padding: 1rem; margin-top: 0.875rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); }
.filters .field { display: grid; gap: 0.2rem; }
.filters .wide { grid-column: 1 / -1; }
.filters .actions { display: flex; align-items: center; gap: 0.9rem; }
.sign-in { width: min(100%, 25rem); margin: 9vh auto 0; padding: 2rem; border: 1px solid var(--line); border-radius: 14px; background: var(--surface); }
.sign-in h1 { font-size: 1.375rem; }
.stack { display: grid; gap: 0.5rem; margin-top: 1.25rem; }
.stack button { margin-top: 0.5rem; }
.hint { font-size: 0.8125rem; color: var(--soft); line-height: 1.5; }
.problem { margin-top: 1rem; padding: 0.6rem 0.8rem; border-radius: 7px; background: var(--Destructive-ground); color: var(--Destructive); }

/* marks */
.badge { display: inline-block; padding: 0.06rem 0.5rem; border-radius: 5px; font-size: 0.8125rem; font-weight: 560; line-height: 1.5; white-space: nowrap; background: var(--Unknown-ground); color: var(--Unknown); }
.badge.plain { background: transparent; box-shadow: inset 0 0 0 1px var(--line-strong); color: var(--ink); font-weight: 500; }
.badge.signal { font-size: 0.75rem; font-weight: 500; }
.badge.warning { background: var(--Financial-ground); color: var(--Financial); font-size: 0.75rem; margin-left: 0.4rem; }
${["Read", "Write", "Execute", "Financial", "Destructive", "Unknown"]
  .map(
    (category) => `.category-${category} { background: var(--${category}-ground); color: var(--${category}); }
.fill-${category} { fill: var(--${category}); background: var(--${category}); }
`,
  )
  .join("")}
.severity { display: inline-flex; align-items: center; gap: 0.4rem; white-space: nowrap; }
.severity svg { width: 1.1875rem; height: 0.625rem; }
.severity .off { fill: var(--line); }
.severity .on { fill: var(--Read); }
.severity-medium .on { fill: var(--Write); }
.severity-high .on { fill: var(--Financial); }
.severity-critical .on { fill: var(--Destructive); }
.treatment { display: inline-flex; align-items: center; gap: 0.35rem; font-weight: 560; white-space: nowrap; }
.treatment svg { width: 1rem; height: 1rem; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.treatment-allow { color: var(--Read); }
.treatment-limited { color: var(--Write); }
.treatment-require_approval { color: var(--Financial); }
.treatment-depends { color: var(--Execute); }
.stricter { display: block; padding-left: 1.35rem; font-size: 0.8125rem; }
.treatment-deny, .treatment-refused { color: var(--Destructive); }
.state { white-space: nowrap; color: var(--soft); }
.state-reviewed { color: var(--Read); }
.state-changed { color: var(--Destructive); font-weight: 600; }
.state-uncatalogued { color: var(--Financial); font-weight: 600; }

/* the catalogue */
.part > h2 { margin-top: 2.25rem; }
.overview { margin-top: 1.25rem; }
.bar { width: 100%; height: 0.5rem; border-radius: 4px; overflow: hidden; background: var(--sunken); }
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 0.6rem; }
.legend a { color: var(--ink); text-decoration: none; }
.legend a:hover { text-decoration: underline; }
.dot { display: inline-block; width: 0.6rem; height: 0.6rem; border-radius: 50%; margin-right: 0.45rem; }
.split { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.75rem 2.75rem; margin-top: 2rem; }
.servers ul { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-top: 0.75rem; }
.servers a { display: grid; grid-template-columns: 1fr auto; gap: 0 0.6rem; padding: 0.2rem 0.6rem; border: 1px solid var(--line); border-radius: 7px; color: var(--ink); text-decoration: none; font-size: 0.875rem; }
.servers a:hover { background: var(--sunken); }
.servers .name { display: block; font-size: 0.75rem; color: var(--soft); }
.servers .soft { font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
.servers .bar { display: none; }
.count { margin: 1.1rem 0 0.4rem; color: var(--soft); font-size: 0.875rem; }
.empty { margin-top: 1.1rem; padding: 2.5rem 1rem; border: 1px dashed var(--line-strong); border-radius: 10px; text-align: center; color: var(--soft); }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: 0.65rem 0.9rem 0.65rem 0; border-bottom: 1px solid var(--line); }
thead th { padding-block: 0.4rem; color: var(--soft); font-size: 0.8125rem; font-weight: 560; white-space: nowrap; }
.tools tbody th { width: 46%; font-weight: 400; }
.tools tbody th > a { font-weight: 560; text-decoration: none; }
.tools tbody th > a:hover { text-decoration: underline; }
.tools tbody th .name { font-size: 0.90625rem; }
.tools .about { display: block; color: var(--soft); font-size: 0.8438rem; line-height: 1.5; margin-top: 0.1rem; }
.tools .about a { color: inherit; }
.tools td:last-child { padding-right: 0; }
.signals { display: flex; flex-wrap: wrap; gap: 0.25rem; margin-top: 0.3rem; }
.pager ul { display: flex; gap: 0.3rem; margin-top: 1.25rem; }
.pager a, .pager span { display: block; min-width: 2.25rem; padding: 0.3rem 0.6rem; border: 1px solid var(--line); border-radius: 7px; text-align: center; text-decoration: none; }
.pager span { background: var(--accent-ground); border-color: transparent; color: var(--accent-ink); }
.pager li[aria-hidden] { padding: 0.3rem 0.1rem; color: var(--soft); }
.breadcrumb ol { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-bottom: 0.75rem; font-size: 0.875rem; }
.breadcrumb li + li::before { content: "/"; margin-right: 0.5rem; color: var(--soft); }
.facts { font-size: 0.875rem; }
.facts dt { color: var(--soft); font-size: 0.8125rem; }
.facts dd { margin: 0 0 0.7rem; overflow-wrap: anywhere; }
.facts .hash { font-size: 0.75rem; color: var(--soft); }
.facts.row { display: flex; flex-wrap: wrap; gap: 0 2.5rem; margin-top: 1rem; }

/* a tool */
.tool-name { font-size: 1.625rem; font-weight: 620; }
.tool-name .name { font-size: 1em; letter-spacing: -0.03em; }
.marks { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; margin-top: 0.75rem; }
.note { margin-top: 1rem; padding: 0.7rem 0.9rem; border-radius: 8px; background: var(--sunken); font-size: 0.875rem; }
.note.warning { background: var(--Financial-ground); color: var(--Financial); }
.code-point { font: 600 0.8125rem/1.6 var(--mono); white-space: nowrap; }
.verdict { display: flex; flex-wrap: wrap; gap: 0.35rem 1.5rem; margin-top: 1.5rem; padding: 1.1rem 1.25rem; border: 1px solid var(--line); border-left: 4px solid var(--line-strong); border-radius: 10px; background: var(--surface); }
.verdict .treatment { align-self: flex-start; font-size: 1.0625rem; line-height: 1.5; }
.verdict > div { flex: 1 1 24rem; }
.verdict .limit { font-weight: 560; }
.verdict .reason { color: var(--soft); }
.verdict .soft { margin-top: 0.35rem; }
.verdict-allow { border-left-color: var(--Read); }
.verdict-limited { border-left-color: var(--Write); }
.verdict-require_approval { border-left-color: var(--Financial); }
.verdict-depends { border-left-color: var(--Execute); }
.verdict-deny, .verdict-refused { border-left-color: var(--Destructive); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr); gap: 2rem 3.5rem; margin-top: 0.5rem; }
.answer { padding-block: 1.75rem; border-bottom: 1px solid var(--line); }
.answer:last-child { border-bottom: 0; }
.answer > h2 { margin: 0 0 0.75rem; }
.answer > h2 .name { font-size: 0.92em; letter-spacing: -0.03em; }
.answer > * + * { margin-top: 0.75rem; }
.answer > h3 { margin-top: 1.5rem; }
.answer p, .answer li { max-width: 44rem; }
.answer ul { padding-left: 1.1rem; list-style: disc; }
.quote figcaption { color: var(--soft); font-size: 0.8125rem; }
.quote blockquote { margin-top: 0.25rem; padding: 0.1rem 0 0.1rem 1rem; border-left: 3px solid var(--line); white-space: pre-wrap; }
.rationale { white-space: pre-wrap; }
.steps { counter-reset: step; display: grid; gap: 0.4rem; }
.steps li { counter-increment: step; padding-left: 2rem; position: relative; }
.steps li::before { content: counter(step); position: absolute; left: 0; top: 0.1em; width: 1.35rem; height: 1.35rem; border-radius: 50%; background: var(--sunken); text-align: center; font-size: 0.8125rem; line-height: 1.35rem; color: var(--soft); }
.snippets { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.snippet { display: flex; flex-direction: column; gap: 0.4rem; padding: 0.8rem 1rem 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); min-width: 0; scroll-margin-top: 1.5rem; }
.snippet header, .rule header { display: flex; align-items: center; justify-content: space-between; gap: 0.75rem; min-height: 1.875rem; }
.snippet p { font-size: 0.875rem; color: var(--soft); line-height: 1.5; }
.snippet .rego { margin-top: auto; }
.snippet:target { border-color: var(--accent); }
.rego { overflow: auto; padding: 0.75rem 0.9rem; border-radius: 7px; background: var(--sunken); max-height: 24rem; }
.rego pre, .rego code { font: 400 0.8125rem/1.55 var(--mono); tab-size: 2; white-space: pre; }
.rego bdi { overflow-wrap: normal; }
.rego-comment { color: var(--soft); }
.rego-string { color: var(--Read); }
.rego-word { color: var(--Execute); font-weight: 600; }
.rego-number { color: var(--Financial); }
.rule { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.3rem; padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); }
.rule.spoke { border-left: 4px solid var(--accent); }
.rule p { font-size: 0.9063rem; }
.rule .soft { font-size: 0.8438rem; }
summary { cursor: pointer; color: var(--soft); font-size: 0.875rem; }
summary:hover { color: var(--ink); }
.rule .rego { margin-top: 0.5rem; }
.parameters caption { text-align: left; color: var(--soft); font-size: 0.875rem; padding-bottom: 0.25rem; }
.parameters th, .parameters td { font-size: 0.875rem; padding-block: 0.45rem; }
.parameters tbody th { font-weight: 500; min-width: 8rem; }
.parameters td[data-label="Type"] { min-width: 6rem; }
.contents { display: none; }

@media (min-width: 62rem) {
  .columns { grid-template-columns: minmax(0, 1fr) 15rem; }
  .split { grid-template-columns: 13rem minmax(0, 1fr); }
  .servers { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow: auto; }
  .servers ul { display: block; }
  .servers a { padding: 0.35rem 0.6rem 0.5rem; margin-inline: -0.6rem; border: 0; }
  .servers .title { font-weight: 540; }
  .servers .bar { display: block; grid-column: 1 / -1; height: 0.1875rem; margin-top: 0.15rem; }
  .aside { position: sticky; top: 1.5rem; align-self: start; max-height: calc(100vh - 3rem); overflow: auto; padding-top: 1.75rem; }
  .contents { display: block; margin-top: 0.75rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 0.875rem; }
  .contents a { display: block; padding: 0.15rem 0; color: var(--soft); text-decoration: none; }
  .contents a:hover { color: var(--ink); text-decoration: underline; }
}

@media (max-width: 46rem) {
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody, tr, th, td { display: block; }
  tr { padding-block: 0.75rem; border-bottom: 1px solid var(--line); }
  th, td { padding: 0.15rem 0; border: 0; }
  .tools tbody th { width: auto; }
  td[data-label]:empty { display: none; }
  td[data-label] { display: flex; flex-wrap: wrap; gap: 0.15rem 0.75rem; align-items: baseline; }
  td[data-label]::before { content: attr(data-label); flex: 0 0 6.5rem; color: var(--soft); font-size: 0.8125rem; }
  .signals { margin-top: 0; }
}

@media (prefers-reduced-motion: no-preference) {
  html { scroll-behavior: smooth; }
}
`;
