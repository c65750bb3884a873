/** The npm package that draws; it is not among the dependencies, since only documentation needs it. */
export const PICTURE_PACKAGE = '@hpcc-js/wasm-graphviz';

/** Boxes are measured for Courier; these are as wide. */
const FONTS = 'DejaVu Sans Mono, Menlo, Courier New, monospace';

/**
 * Draws a diagram as SVG.
 *
 * @param dot the diagram in the language of Graphviz
 * @returns the text of an SVG file, the same for the same diagram; null if the package that draws is not installed
 */
export async function draw(dot: string): Promise<string | null> {
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz').catch(ifNotInstalled);
  if (Graphviz === null) return null;
  const graphviz = await Graphviz.load();
  return graphviz.dot(dot).replaceAll(/font-family="Courier[^"]*"/g, `font-family="${FONTS}"`);
}

function ifNotInstalled(error: unknown): { Graphviz: null } {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
    return { Graphviz: null };
  throw error;
}
