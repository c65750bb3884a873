import { ExplainedError } from '../../postgres/errors.js';

/** Boxes are measured for Courier; these are as wide. */
const FONTS = 'DejaVu Sans Mono, Menlo, Courier New, monospace';

/**
 * Draws a diagram as SVG.
 *
 * @param dot the diagram in the language of Graphviz
 * @returns the text of an SVG file, the same for the same diagram
 * @throws ExplainedError `no_graphviz` where the package that draws is not installed
 */
export async function draw(dot: string): Promise<string> {
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz').catch((cause: unknown) => {
    throw new ExplainedError('no_graphviz', 'The package @hpcc-js/wasm-graphviz is not installed.', {
      remedy: 'Install it to draw the diagram: npm install --save-dev @hpcc-js/wasm-graphviz',
      cause,
    });
  });
  const graphviz = await Graphviz.load();
  return graphviz.dot(dot).replaceAll(/font-family="Courier[^"]*"/g, `font-family="${FONTS}"`);
}
