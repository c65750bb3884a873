import { type Html, html } from '../../../text/html.js';

/** The objects of one kind in a schema, such as its tables. */
export interface Group {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** An object in the table of contents. */
export interface Entry {
  readonly anchor: string;
  readonly name: string;
}

/** A schema with its objects. */
export interface SchemaContents {
  readonly name: string;
  readonly anchor: string;
  readonly groups: readonly Group[];
}

/** A longer list of functions is folded: many of them are called only by triggers. */
const FOLDED = 40;

/**
 * Shows the search and the table of contents. On a small screen, a button opens them. The search is hidden until the script
 * of the page runs.
 *
 * @param top the sections before the schemas
 */
export function showContents(top: readonly Entry[], schemas: readonly SchemaContents[]): Html {
  return html`<nav id="contents" popover aria-label="Contents">
<button id="close" type="button" popovertarget="contents" popovertargetaction="hide">Close</button>
<div id="search" role="search" hidden>
<label for="query">Search <kbd>/</kbd></label>
<input id="query" type="search" autocomplete="off" autocapitalize="off" spellcheck="false">
<p id="count" role="status"></p>
<ul id="results"></ul>
</div>
<div id="list">
${showList(top)}${schemas.map(showSchema)}</div>
</nav>
`;
}

function showSchema({ name, anchor, groups }: SchemaContents): Html {
  return html`<p><a href="#${anchor}">Schema <code>${name}</code></a></p>
${groups.map(
  ({
    title,
    entries,
  }) => html`<details${title === 'Functions' && entries.length > FOLDED ? html`` : html` open`}>
<summary>${title} <span class="more">${entries.length}</span></summary>
${showList(entries)}</details>
`,
)}`;
}

function showList(entries: readonly Entry[]): Html {
  return html`<ul>
${entries.map(
  ({ anchor, name }) => html`<li><a href="#${anchor}">${name}</a></li>
`,
)}</ul>
`;
}
