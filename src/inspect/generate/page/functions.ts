import { type Html, html } from '../../../text/html.js';
import type { ArgumentModel, FunctionModel } from '../model/functions.js';
import { type Links, paragraph } from './links.js';
import { breakable, PERSONAL_LABEL, showObject, showTable } from './parts.js';

/**
 * Shows a function: its comment, an example, its arguments and its result.
 *
 * @param example SQL that calls it; undefined without an example
 */
export function showFunction(routine: FunctionModel, example: string | undefined, links: Links): Html {
  const { name, argumentTypes, result, returnsSet, outputs } = routine;
  const body = [
    paragraph(routine.meaning, links),
    example === undefined
      ? ''
      : html`<figure>
<figcaption>Example</figcaption>
<pre><code>${example}</code></pre>
</figure>
`,
    argumentTable('Arguments', 'Argument', routine.arguments, links),
    argumentTable(returnsSet ? 'Result: rows' : 'Result: one row', 'Column', outputs, links),
    result === undefined || outputs.length > 0
      ? ''
      : html`<p class="more">Returns ${returnsSet ? 'a set of ' : ''}${links.type(result)}.</p>\n`,
    routine.runsAsOwner ? html`<p class="more">Runs with the rights of its owner.</p>\n` : '',
  ];
  const heading = html`${breakable(name)}<span class="arguments">${argumentTypes}</span>`;
  return showObject({
    anchorKind: 'function',
    kind: routine.kind,
    name: name + argumentTypes,
    heading,
    labels: routine.isPersonal ? [PERSONAL_LABEL] : [],
    body,
  });
}

function argumentTable(caption: string, heading: string, list: readonly ArgumentModel[], links: Links): Html {
  const hasDefaults = list.some((argument) => argument.default !== undefined);
  const rows = list.map((argument, index) => ({
    anchor: '',
    heading: argument.name === '' ? index + 1 : html`<code>${argument.name}</code>`,
    cells: [
      [argument.isVariadic ? 'any number of ' : '', links.type(argument.fullType)],
      ...(hasDefaults ? [argument.default === undefined ? '' : html`<code>${argument.default}</code>`] : []),
    ],
  }));
  return showTable(caption, [heading, 'Type', ...(hasDefaults ? ['Default'] : [])], rows);
}
