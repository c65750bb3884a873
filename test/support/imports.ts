import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';

/** An import of one source file by another; both as paths from `src`. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** The layers of `src`, lowest first. A file imports only from its own folder tree and from lower layers. */
const LAYERS: readonly (readonly string[])[] = [
  ['text'],
  ['postgres'],
  ['sql', 'schema'],
  ['catalog'],
  ['migrate'],
  ['inspect', 'lists', 'seed'],
  ['rehearse', 'testing'],
  ['cli'],
];

/** Folders that may not import others, besides the layers. */
const FORBIDDEN: readonly (readonly [from: string, to: string])[] = [
  ['migrate/script', 'migrate/data-loss'],
  ['migrate/run', 'migrate/data-loss'],
];

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(?<path>\.{1,2}\/[^']+)\.js'/g;

/** Every relative import in a folder of sources: static, type-only, dynamic, and re-exports. */
export function readImports(src: string): readonly Import[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts'));
  return files.flatMap((from) => {
    const text = readFileSync(join(src, from), 'utf8');
    return [...text.matchAll(IMPORT)].map(({ groups }) => ({
      from,
      to: `${posix.join(posix.dirname(from), groups?.path ?? '')}.ts`,
    }));
  });
}

/** What breaks a rule of the layout, in one line each: the importing file, the imported file, and the rule. */
export function brokenRules(imports: readonly Import[]): readonly string[] {
  return [
    ...imports.flatMap((each) => {
      const rule = ruleBrokenBy(each);
      return rule === null ? [] : [`${each.from} imports ${each.to}: ${rule}`];
    }),
    ...circlesIn(imports, (file) => file, 'files import each other in a circle'),
    ...circlesIn(imports, dirname, 'folders import each other in a circle'),
  ];
}

function ruleBrokenBy({ from, to }: Import): string | null {
  const [top, other] = [topFolder(from), topFolder(to)];
  if (other === 'storage') return 'storage is read, never imported';
  if (to === 'index.ts') return 'index.ts is for other packages';
  const forbidden = FORBIDDEN.find(([a, b]) => isIn(from, a) && isIn(to, b));
  if (forbidden !== undefined) return `${forbidden[0]} imports nothing of ${forbidden[1]}`;
  if (top === other || top === null || other === null) return null;
  const [layer, otherLayer] = [layerOf(top), layerOf(other)];
  if (layer === -1 || otherLayer === -1) return `${layer === -1 ? top : other} is in no layer`;
  if (layer === otherLayer) return `${top} and ${other} are in one layer`;
  return layer < otherLayer ? `${other} is above ${top}` : null;
}

/**
 * The circles in a graph of files, or of folders. A folder's own files are a node of their own, so that a folder and its
 * subfolder can form a circle.
 *
 * @param nodeOf the node of a file
 */
function circlesIn(
  imports: readonly Import[],
  nodeOf: (file: string) => string,
  rule: string,
): readonly string[] {
  const edges = new Map<string, Map<string, Import>>();
  for (const each of imports) {
    const [from, to] = [nodeOf(each.from), nodeOf(each.to)];
    if (from === to) continue;
    const targets = edges.get(from) ?? new Map<string, Import>();
    edges.set(from, targets);
    if (!targets.has(to)) targets.set(to, each);
  }
  const circles = new Map<string, string>();
  for (const start of edges.keys()) {
    const circle = shortestCircle(edges, start);
    if (circle === null) continue;
    const key = circle
      .map(({ from }) => nodeOf(from))
      .sort()
      .join(' ');
    const steps = circle.map(({ from, to }) => `${from} imports ${to}`);
    if (!circles.has(key)) circles.set(key, `${steps.join(', ')}: ${rule}`);
  }
  return [...circles.values()];
}

function shortestCircle(
  edges: ReadonlyMap<string, ReadonlyMap<string, Import>>,
  start: string,
): readonly Import[] | null {
  const paths: { readonly node: string; readonly path: readonly Import[] }[] = [{ node: start, path: [] }];
  const seen = new Set<string>();
  for (const { node, path } of paths) {
    for (const [next, each] of edges.get(node) ?? []) {
      if (next === start) return [...path, each];
      if (seen.has(next)) continue;
      seen.add(next);
      paths.push({ node: next, path: [...path, each] });
    }
  }
  return null;
}

function topFolder(path: string): string | null {
  return path.includes('/') ? (path.split('/')[0] ?? null) : null;
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) => layer.includes(folder));
}

function isIn(path: string, folder: string): boolean {
  return path.startsWith(`${folder}/`);
}
