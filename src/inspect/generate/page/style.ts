/** The style of the page. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff;
  --surface: #f5f6f8;
  --line: #dde1e7;
  --ink: #1b2230;
  --soft: #586274;
  --link: #1a56b8;
  --head: #1e3a5f;
  --edge: #6b7280;
  --personal: #9b2c12;
  --personal-paper: #fdebe5;
  --mark: #fff4c9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12161d;
    --surface: #1a2029;
    --line: #2d3542;
    --ink: #e3e8f0;
    --soft: #9aa6b8;
    --link: #8ab8ff;
    --head: #2b527f;
    --edge: #8592a6;
    --personal: #ffb59f;
    --personal-paper: #43231a;
    --mark: #3a3413;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4rem; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere;
}
code, pre, kbd { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 0.875em; }
code { unicode-bidi: isolate; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
p { margin: 0.5rem 0; }
b { padding: 0 0.2em; border: 1px solid var(--line); border-radius: 3px; font-weight: normal; font-size: 0.8em; }

.skip { position: absolute; left: 1rem; top: -4rem; z-index: 3; padding: 0.5rem 1rem; background: var(--paper); }
.skip:focus { top: 1rem; }

/* The contents: beside the text, or opened by the button. */
#open {
  position: sticky; top: 0; z-index: 2; display: block; width: 100%; padding: 0.75rem 1rem;
  border: 0; border-bottom: 1px solid var(--line); background: var(--surface); color: var(--ink);
  font: inherit; text-align: left; cursor: pointer;
}
#open::before { content: '\\2630'; margin-right: 0.75rem; color: var(--soft); }
#contents { background: var(--surface); color: var(--ink); border: 0; padding: 1rem; overflow-y: auto; }
#contents:popover-open { position: fixed; inset: 0; width: 100%; max-width: 24rem; height: 100%; margin: 0; max-height: none; }
#close { display: none; margin: 0 0 0.75rem auto; padding: 0.25rem 0.75rem; border: 1px solid var(--edge); border-radius: 6px; background: var(--paper); color: inherit; font: inherit; }
#contents:popover-open #close { display: block; }
#contents:popover-open #search { margin-top: 0; }
#contents:popover-open kbd { display: none; }
#contents::backdrop { background: rgb(0 0 0 / 50%); }
#contents ul { list-style: none; margin: 0 0 0.5rem; padding: 0; }
#contents li a, #contents summary { display: block; padding: 0.15rem 0.5rem; border-radius: 4px; }
#contents li a { padding-left: 1.4rem; }
#contents #list > ul a { padding-left: 0.5rem; }
#contents li a:hover, #contents summary:hover { background: var(--paper); text-decoration: none; }
#contents #list > p { margin: 1.25rem 0 0.25rem; padding: 0 0.5rem; font-weight: 600; }
#contents #list > p a { color: inherit; }
#contents summary { cursor: pointer; color: var(--soft); }
#search { position: sticky; top: -1rem; margin: -1rem -1rem 0.5rem; padding: 1rem; background: var(--surface); z-index: 1; }
#search label { display: flex; justify-content: space-between; margin-bottom: 0.25rem; color: var(--soft); font-size: 0.875rem; }
kbd { padding: 0 0.4em; border: 1px solid var(--line); border-radius: 4px; }
#query {
  width: 100%; padding: 0.5rem 0.75rem; border: 1px solid var(--edge); border-radius: 6px;
  background: var(--paper); color: inherit; font: inherit;
}
#count { color: var(--soft); font-size: 0.875rem; margin: 0.25rem 0 0; }
#count:empty { display: none; }
#search #results { margin: 0.25rem -0.5rem 0; max-height: 70vh; overflow-y: auto; }
#search #results:empty { display: none; }
#search #results a { padding-left: 0.5rem; }
#search #results span { display: block; }

main { padding: 0 1rem 4rem; max-width: 72rem; }
header { padding: 1.5rem 0 0.5rem; }
h1 { margin: 0; font-size: 1.9rem; line-height: 1.2; }
h2 { margin: 3rem 0 0.5rem; padding-bottom: 0.3rem; border-bottom: 2px solid var(--line); font-size: 1.5rem; }
h3 { margin: 0 0 0.5rem; font-size: 1.2rem; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
h3 a { color: inherit; }
h3 .arguments { font-weight: normal; font-size: 0.9rem; color: var(--soft); }
section section { margin: 2.25rem 0; }
section section:target > h3, tr:target { background: var(--mark); }
.more { color: var(--soft); font-size: 0.9rem; }
.meaning { white-space: pre-line; }
section section > .meaning { max-width: 46rem; }
.label, .personal {
  display: inline-block; padding: 0 0.5em; border-radius: 1em; vertical-align: 0.1em;
  font: 500 0.75rem/1.5 system-ui, sans-serif; white-space: nowrap;
}
.label { background: var(--surface); color: var(--soft); border: 1px solid var(--line); }
.personal { background: var(--personal-paper); color: var(--personal); border: 1px solid currentcolor; }

table { width: 100%; margin: 1rem 0; border-collapse: collapse; font-size: 0.9375rem; }
caption { padding: 0.25rem 0; text-align: left; font-weight: 600; }
th, td { padding: 0.5rem 0.75rem 0.5rem 0; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { padding-top: 0; border: 0; color: var(--soft); font-weight: normal; font-size: 0.8125rem; }
tbody th { font-weight: 600; }
tbody th a { color: inherit; }
td p:first-child { margin-top: 0; }
td p:last-child { margin-bottom: 0; }
td p { margin: 0.25rem 0; }
.cells-2 th:first-child { width: 36%; }
.cells-3 th:first-child { width: 30%; }
.cells-3 th:nth-child(2) { width: 24%; }
.values { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0.75rem 0; padding: 0; list-style: none; }
.values li { padding: 0.1rem 0.6rem; border: 1px solid var(--line); border-radius: 6px; background: var(--surface); }
figure { margin: 1rem 0; }
figcaption { font-weight: 600; font-size: 0.9375rem; }
pre { margin: 0.25rem 0; padding: 0.75rem 1rem; border-radius: 6px; background: var(--surface); border: 1px solid var(--line); white-space: pre-wrap; }
.personal-data dt { margin-top: 0.5rem; font-weight: 600; }
.personal-data dd { margin: 0; }

/* The diagram keeps its own scroll bars, so that the page has none at its side. */
#diagram fieldset { display: flex; gap: 1.25rem; margin: 0.75rem 0; padding: 0; border: 0; }
#diagram legend { float: left; padding: 0; margin-right: 1rem; color: var(--soft); }
.picture { overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: 6px; }
.picture svg { display: block; max-width: none; height: auto; }
#diagram:has(#fit:checked) svg { width: 100%; }
svg polygon[fill='white'] { fill: none; }
svg [fill='#1f2937'] { fill: var(--ink); }
svg [fill='#6b7280'] { fill: var(--soft); }
svg [fill='#1e3a5f'] { fill: var(--head); }
svg [stroke='#6b7280'] { stroke: var(--edge); }
svg a:hover text { text-decoration: underline; }

@media (min-width: 64rem) {
  html { scroll-padding-top: 1rem; }
  body { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
  #open { display: none; }
  #contents {
    display: block; position: sticky; inset: 0 auto auto 0; width: auto; height: 100vh; max-height: none; margin: 0;
    border-right: 1px solid var(--line); font-size: 0.9375rem;
  }
  main { padding: 0 2.5rem 4rem; }
}
@media (max-width: 44rem) {
  h1 { font-size: 1.6rem; }
  table, tbody, tr, th, td, caption { display: block; }
  .cells-2 th:first-child, .cells-3 th:first-child, .cells-3 th:nth-child(2) { width: auto; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  tr { padding: 0.6rem 0; border-top: 1px solid var(--line); }
  th, td { padding: 0 0 0.25rem; border: 0; }
  td:empty { display: none; }
}
@media print {
  #open, #contents, .skip, #diagram fieldset { display: none; }
  body { display: block; font-size: 10pt; }
  main { max-width: none; padding: 0; }
  a { color: inherit; }
  tr, h3, figure { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  .picture { overflow: visible; max-height: none; }
  #diagram svg { width: 100%; max-height: 24cm; }
}
`;
