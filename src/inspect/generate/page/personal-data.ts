import { type Html, html } from '../../../text/html.js';
import type { TableModel } from '../model/tables.js';
import { anchorOf } from './anchors.js';

/** Lists the columns that hold data of persons; empty if no column does. */
export function showPersonalData(tables: readonly TableModel[]): Html {
  const marked = tables.flatMap(({ name, columns }) => {
    const personal = columns.filter(({ isPersonal }) => isPersonal);
    return personal.length === 0 ? [] : [{ name, personal }];
  });
  if (marked.length === 0) return html``;
  return html`<section id="personal-data">
<h2>Personal data</h2>
<dl class="personal-data">
${marked.map(
  ({ name, personal }) => html`<dt><a href="#${anchorOf('table', name)}"><code>${name}</code></a></dt>
<dd>${personal.map(
    (column, index) =>
      html`${index === 0 ? '' : ', '}<a href="#${anchorOf('column', name, column.name)}"><code>${column.name}</code></a>`,
  )}</dd>
`,
)}</dl>
</section>
`;
}
