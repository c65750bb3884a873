import { omitPublic } from '../../../catalog/names.js';
import { type Html, html } from '../../../text/html.js';
import type { Prose } from '../model/prose.js';
import type { TableModel } from '../model/tables.js';
import type { TypeModel } from '../model/types.js';
import { anchorOf } from './anchors.js';

/** Shows names that may lead to an object on the page. */
export interface Links {
  /** A table, by its full name. */
  readonly table: (fullName: string, label?: string) => Html;
  /** A type as the catalog has it, such as `numeric(3,2)` or `public.mood[]`. */
  readonly type: (fullType: string) => Html;
}

/** Makes the links to the tables and types of the page. A name of something else is shown without a link. */
export function linksTo(tables: readonly TableModel[], types: readonly TypeModel[]): Links {
  const anchors = new Map([
    ...tables.map(({ fullName, name }) => [fullName, anchorOf('table', name)] as const),
    ...types.map(({ fullName, name }) => [fullName, anchorOf('type', name)] as const),
  ]);
  const linkTo = (fullName: string, label: string): Html => {
    const anchor = anchors.get(fullName);
    const shown = html`<code>${label}</code>`;
    return anchor === undefined ? shown : html`<a href="#${anchor}">${shown}</a>`;
  };
  return {
    table: (fullName, label = omitPublic(fullName)) => linkTo(fullName, label),
    type: (fullType) => linkTo(elementOf(fullType), omitPublic(fullType)),
  };
}

/** The type of the elements of an array; another type as it is. */
export function elementOf(fullType: string): string {
  return fullType.replace(/(?:\[\])+$/, '');
}

/** Shows a comment. */
export function showProse(prose: Prose, links: Links): Html {
  return html`${prose.map((piece) => {
    if (typeof piece === 'string') return piece;
    return piece.table === undefined
      ? html`<code>${piece.code}</code>`
      : links.table(piece.table, piece.code);
  })}`;
}

/** A comment as a paragraph; nothing if it is empty. */
export function paragraph(prose: Prose, links: Links): Html {
  return prose.length === 0 ? html`` : html`<p class="meaning">${showProse(prose, links)}</p>\n`;
}
