import { type Html, html, rawHtml } from '../../../text/html.js';

/**
 * What a page needs of an SVG file of Graphviz: without its declarations, comments, ids and tooltips. Its size is in pixels
 * instead of points, so that its text is as large as small text of the page.
 */
function inlineSvg(svg: string): Html {
  const element = svg
    .slice(svg.indexOf('<svg'))
    .replaceAll(/<!--.*?-->\n?/gs, '')
    .replaceAll(/<title>[^<]*<\/title>\n?/g, '')
    .replaceAll(/ xlink:title="[^"]*"/g, '')
    .replaceAll(/(<(?:g|a)\b[^>]*?) id="[^"]*"/g, '$1')
    .replace(/ width="(\d+)pt" height="(\d+)pt"/, ' width="$1" height="$2"')
    .replace('<svg', '<svg role="group" aria-label="Diagram of the tables"');
  return rawHtml(element);
}

/**
 * Shows the picture of the tables. It scrolls within its frame, so that it can be read on a small screen; a choice fits it to
 * the width.
 *
 * @param svg as Graphviz writes it
 */
export function showPicture(svg: string): Html {
  return html`<section id="diagram">
<h2>Diagram</h2>
<p>An arrow leads from a foreign key to the table that it references; it is dashed if the key may be null. A name in bold is a
primary key, one in italics a foreign key, and a question mark means that the column may be null.</p>
<fieldset>
<legend>Size</legend>
<label><input type="radio" name="size" id="full" checked> to read</label>
<label><input type="radio" name="size" id="fit"> fit to width</label>
</fieldset>
<div class="picture" tabindex="0" role="region" aria-label="Diagram">
${inlineSvg(svg)}</div>
</section>
`;
}
