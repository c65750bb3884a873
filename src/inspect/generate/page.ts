import { createHash } from 'node:crypto';
import { unquote } from '../../catalog/names.js';
import { objectsOf, textOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';
import { type Html, html, rawHtml } from '../../text/html.js';
import { plural } from '../../text/plural.js';
import { examplesIn } from './model/examples.js';
import { withoutPartitions } from './model/partitions.js';
import { parseProse } from './model/prose.js';
import { tableModel } from './model/tables.js';
import { anchorOf } from './page/anchors.js';
import { showContents } from './page/contents.js';
import { GROUPS, type Item, itemsOf } from './page/items.js';
import { linksTo, paragraph } from './page/links.js';
import { showPersonalData } from './page/personal-data.js';
import { showPicture } from './page/picture.js';
import { SCRIPT } from './page/script.js';
import { STYLE } from './page/style.js';

/** The comment that a new database has on the schema public, and that says nothing. */
const INITIAL_COMMENT = 'standard public schema';

/** Nothing but this page's own style and script: no network, and no script that a comment brings. */
const POLICY = [
  "default-src 'none'",
  `style-src '${hashOf(STYLE)}'`,
  `script-src '${hashOf(SCRIPT)}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/**
 * Generates a page of HTML that describes a schema. It needs no other file and no network. The texts are the comments of the
 * catalog.
 *
 * @param svg the picture of the tables; null for none
 * @param examples a page in Markdown, whose SQL has examples of functions; undefined for none
 */
export function generatePage(snapshot: Snapshot, svg: string | null, examples: string | undefined): string {
  const tables = withoutPartitions(
    objectsOf(snapshot, 'table', 'foreign table', 'view', 'materialized view'),
  ).map(tableModel);
  const items = itemsOf(snapshot, tables, examples === undefined ? () => undefined : examplesIn(examples));
  const schemas = [...new Set(items.map(({ schema }) => schema))].sort(publicFirst);
  const hasBoxes = tables.some(({ kind }) => kind === 'table');
  const picture = svg === null || !hasBoxes ? html`` : showPicture(svg);
  const personalData = showPersonalData(tables);
  const top = [
    ...(picture.html === '' ? [] : [{ anchor: 'diagram', name: 'Diagram' }]),
    ...(personalData.html === '' ? [] : [{ anchor: 'personal-data', name: 'Personal data' }]),
  ];
  const contents = schemas.map((name) => ({
    name,
    anchor: anchorOf('schema', name),
    groups: GROUPS.map((title) => ({
      title,
      entries: items.filter(({ schema, group }) => schema === name && group === title),
    })).filter(({ entries }) => entries.length > 0),
  }));
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Database schema</title>
<link rel="icon" href="data:,">
<style>${rawHtml(STYLE)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<button id="open" type="button" popovertarget="contents">Contents and search</button>
${showContents(top, contents)}<main id="main">
<header>
<h1>Database schema</h1>
<p class="more">${summaryOf(items)}. Generated from the migrations and their comments by <code>voicesurvey-db docs --html</code>.${
    examples === undefined
      ? ''
      : html` In examples, a name with a colon, such as <code>:id</code>, is a parameter.`
  }</p>
</header>
${picture}${personalData}${schemas.map((name) => showSchema(name, snapshot, items))}</main>
${rawHtml(`<script>${SCRIPT}</script>`)}
</body>
</html>
`.html;
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** The schema of most tables comes first, the others by their names. */
function publicFirst(a: string, b: string): number {
  return Number(b === 'public') - Number(a === 'public') || (a < b ? -1 : 1);
}

function summaryOf(items: readonly Item[]): string {
  const counts = GROUPS.flatMap((title) => {
    const count = items.filter(({ group }) => group === title).length;
    return count === 0 ? [] : [plural(count, title.toLowerCase().slice(0, -1))];
  });
  return counts.length === 0 ? 'It has no objects' : counts.join(', ');
}

function showSchema(name: string, snapshot: Snapshot, items: readonly Item[]): Html {
  const schema = objectsOf(snapshot, 'schema').find((object) => unquote(object.fullName) === name);
  const comment = textOf(schema?.facts.comment);
  const own = items.filter((item) => item.schema === name);
  return html`<section id="${anchorOf('schema', name)}">
<h2>Schema <code>${name}</code></h2>
${paragraph(parseProse(comment === INITIAL_COMMENT ? undefined : comment), linksTo([], []))}${GROUPS.flatMap(
  (title) => own.filter(({ group }) => group === title).map(({ shown }) => shown),
)}</section>
`;
}
