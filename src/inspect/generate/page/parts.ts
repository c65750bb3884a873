import { type Html, type HtmlValue, html } from '../../../text/html.js';
import { type AnchorKind, anchorOf } from './anchors.js';

/** A row of a table: its first cell is a heading, and its anchor leads to it. */
export interface Row {
  readonly anchor: string;
  readonly heading: HtmlValue;
  readonly cells: readonly HtmlValue[];
}

/** Shows a table; nothing if it has no rows. */
export function showTable(caption: string, heads: readonly string[], rows: readonly Row[]): Html {
  if (rows.length === 0) return html``;
  return html`<table class="cells-${heads.length}">
<caption>${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map(showRow)}</tbody>
</table>
`;
}

function showRow({ anchor, heading, cells }: Row): Html {
  const id = anchor === '' ? html`` : html` id="${anchor}"`;
  return html`<tr${id}><th scope="row">${heading}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>
`;
}

/** The name of a member of a table, which links to itself, and small labels after it. */
export function memberName(anchor: string, name: string, labels: readonly string[] = []): Html {
  return html`<a href="#${anchor}"><code>${breakable(name)}</code></a>${labels.map(showLabel)}`;
}

/** A name that a narrow column breaks after an underscore or a dot. */
export function breakable(name: string): Html {
  return html`${name.split(/(?<=[_.])/).map((part, index) => (index === 0 ? part : html`<wbr>${part}`))}`;
}

/** A small label, such as a kind. */
export function showLabel(text: string): Html {
  return html` <span class="label">${text}</span>`;
}

/** The label of what holds data of a person. */
export const PERSONAL_LABEL: Html = html` <strong class="personal">personal data</strong>`;

/** An object on the page. */
export interface ObjectOnPage {
  readonly anchorKind: AnchorKind & ('table' | 'type' | 'function');
  /** What it is, such as `view`. */
  readonly kind: string;
  /** Its name in its anchor. */
  readonly name: string;
  /** Its name as the heading shows it. */
  readonly heading: HtmlValue;
  readonly labels?: readonly Html[];
  readonly body: HtmlValue;
}

/** Shows an object with its heading, which links to itself. */
export function showObject({ anchorKind, kind, name, heading, labels = [], body }: ObjectOnPage): Html {
  const anchor = anchorOf(anchorKind, name);
  return html`<section id="${anchor}">
<h3><a href="#${anchor}">${heading}</a>${showLabel(kind)}${labels}</h3>
${body}</section>
`;
}
