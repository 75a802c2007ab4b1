// How sessions, the bundle and the playground look.
export const STYLE_STANDING = `
.push { margin-left: auto; }
.is-refused { color: var(--Destructive); }
.sessions { margin-top: 1.1rem; }
.sessions tbody th a, .entries a { text-decoration: none; font-weight: 540; }
.sessions tbody th a:hover { text-decoration: underline; }
.sessions td:nth-child(5) { width: 34%; }
a.below.freeze-link { color: var(--frost); font-family: inherit; font-size: 0.8125rem; }
.buckets-own { display: grid; gap: 0.5rem; }
.bucket-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 0.875rem; margin-top: 0.875rem; }
.bucket-grid li { padding: 0.8rem 1rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); min-width: 0; }
.bucket-now p { font-size: 0.8125rem; line-height: 1.5; overflow-wrap: anywhere; }
.bucket-now .name { font-size: 0.8125rem; }
.bucket-now svg { width: 100%; height: 0.375rem; border-radius: 3px; background: var(--sunken); margin-block: 0.15rem; }
.level-low { fill: light-dark(#d2534d, #e0736b); }

.facts.manifest { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 11rem), 1fr)); gap: 0.25rem 2rem; }
.manifest .wide { grid-column: 1 / -1; }
.manifest dd:last-child { margin-bottom: 0.4rem; }
.entries { display: grid; margin-top: 0.5rem; }
.entries > li { padding-block: 0.95rem; border-bottom: 1px solid var(--line); }
.entries > li:last-child { border-bottom: 0; }
.entries h3 .soft { font-weight: 400; }
.entries p { max-width: 52rem; }
.entries p.soft .name { font-size: 0.8125rem; }
.entries details { margin-top: 0.35rem; }
.rule-list { margin-top: 0.4rem; padding-left: 0; }
.rule-list li { display: grid; grid-template-columns: 9.5rem minmax(0, 1fr) minmax(0, 18rem); gap: 0.1rem 1rem; align-items: baseline; padding-block: 0.3rem; font-size: 0.875rem; }
.rule-list .badge { justify-self: start; font-size: 0.75rem; }
.rule-list .soft .name { font-size: 0.8125rem; }
.change-looser { background: var(--Destructive-ground); color: var(--Destructive); }
.change-stricter { background: var(--Read-ground); color: var(--Read); }

.waiting { display: inline-block; min-width: 1.25rem; margin-left: 0.4rem; padding: 0 0.35rem; border-radius: 1rem; background: light-dark(#805000, #e8b765); color: light-dark(#ffffff, #2b1d05); font-size: 0.75rem; font-weight: 620; line-height: 1.25rem; text-align: center; font-variant-numeric: tabular-nums; }
.note.waits { background: var(--Financial-ground); color: var(--Financial); font-weight: 560; }
.note.waits a { color: inherit; }
.requests { display: grid; gap: 0.875rem; margin-top: 1.25rem; }
.requests .empty { margin-top: 0; }
.request { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.35rem; padding: 1.1rem 1.25rem 1.25rem; border: 1px solid var(--line); border-left: 4px solid light-dark(#d9992b, #dba748); border-radius: 12px; background: var(--surface); }
.request header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 0.1rem 1rem; }
.request-title { font-size: 1.0625rem; }
.request-title .name { font-size: 1em; }
.request-title a { text-decoration: none; }
.request-title a:hover { text-decoration: underline; }
.request-title .soft { font-weight: 400; font-size: 0.9375rem; letter-spacing: 0; }
.request .lapses { color: var(--Financial); font-size: 0.875rem; font-weight: 540; }
.request .why { margin-top: 0.15rem; font-size: 1rem; }
.request .arguments { margin-top: 0.4rem; }
.request .arguments .rego { max-height: 28rem; }
.request-approved, .request-used { border-left-color: light-dark(#6bb58f, #4a9a75); }
.request-denied, .request-lapsed, .request-voided { border-left-color: var(--line-strong); }
.request-approved .lapses, .request-used .lapses { color: var(--Read); }
.request-denied .lapses { color: var(--Destructive); }
.request-lapsed .lapses, .request-voided .lapses { color: var(--soft); }
.answer-forms { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 0.75rem 1.5rem; margin-top: 0.6rem; }
.approve-form { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.9rem; }
.approve-form details[open] { flex-basis: 100%; max-width: 30rem; padding: 0.6rem 0.9rem 0.8rem; border: 1px solid var(--line); border-radius: 9px; }
.approve-form .minutes { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; margin-top: 0.5rem; }
.approve-form .minutes input { width: 5.5rem; height: 1.875rem; }
.deny-form { display: flex; flex: 1 1 22rem; gap: 0.5rem; }
.deny-form input { flex: 1; min-width: 8rem; }
.state-of-request { font-weight: 560; }
.request-state-approved, .request-state-used { color: var(--Read); }
.request-state-denied { color: var(--Destructive); }
.request-state-lapsed, .request-state-voided { color: var(--soft); }

.playground { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem 1.75rem; margin-top: 1.25rem; align-items: start; }
.play-input { display: grid; gap: 0.4rem; }
textarea { width: 100%; padding: 0.8rem 0.95rem; border: 1px solid var(--line-strong); border-radius: 9px; background: var(--surface); color: inherit; font: 400 0.8125rem/1.6 var(--mono); tab-size: 2; resize: vertical; }
.play-actions { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 1rem; }
.play-actions .hint { flex: 1 1 14rem; }
button:disabled { opacity: 0.5; cursor: default; filter: none; }
.play-answers { display: grid; gap: 0.875rem; min-width: 0; }
.play-answers .panel { margin-top: 0; }
.play-decision { display: grid; gap: 0.5rem; margin-top: 0.6rem; min-height: 3rem; }
.play-decision .verdict-mark { font-size: 1.25rem; letter-spacing: -0.01em; font-weight: 620; }
.play-decision .rego { margin-top: 0.5rem; white-space: pre; font: 400 0.8125rem/1.55 var(--mono); }
.play-rules { display: grid; gap: 0.4rem; }
.play-rules li { padding-left: 0.75rem; border-left: 3px solid var(--accent); font-size: 0.9063rem; }
.play-rules b { display: block; }
.play-rules .soft { font: 400 0.75rem/1.5 var(--mono); overflow-wrap: anywhere; }
.play-recent { margin-top: 0.4rem; }
.play-recent li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 1rem; padding-block: 0.45rem; border-bottom: 1px solid var(--line); font-size: 0.875rem; }
.play-recent li:last-child { border-bottom: 0; padding-bottom: 0; }
.play-recent a { text-decoration: none; font-weight: 540; }
.play-recent a:hover { text-decoration: underline; }
.play-recent .soft { grid-column: 1; font-size: 0.8125rem; }
.play-recent .verdict-mark { grid-column: 2; grid-row: 1; font-size: 0.8125rem; }
.badge.same { background: var(--Read-ground); color: var(--Read); margin-left: 0.5rem; }

@media (min-width: 62rem) {
  .playground { grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); }
}
@media (max-width: 46rem) {
  .push { margin-left: 0; }
  .sessions td:nth-child(5) { width: auto; }
  .rule-list li { grid-template-columns: minmax(0, 1fr); }
}
`;
