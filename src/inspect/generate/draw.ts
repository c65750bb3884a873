/** The npm package that draws the picture. It is not a dependency, because only the documentation needs it. */
export const PICTURE_PACKAGE = '@hpcc-js/wasm-graphviz';

/** Graphviz measures the boxes for Courier. These fonts have the same width. */
const FONTS = 'DejaVu Sans Mono, Menlo, Courier New, monospace';

/**
 * Draws a diagram as SVG.
 *
 * @param dot the diagram in the language of Graphviz
 * @returns the text of an SVG file, the same for the same diagram; null if the package that draws is not installed
 */
export async function draw(dot: string): Promise<string | null> {
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz').catch(nullIfNotInstalled);
  if (Graphviz === null) return null;
  const graphviz = await Graphviz.load();
  return graphviz.dot(dot).replaceAll(/font-family="Courier[^"]*"/g, `font-family="${FONTS}"`);
}

function nullIfNotInstalled(error: unknown): { Graphviz: null } {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
    return { Graphviz: null };
  throw error;
}
