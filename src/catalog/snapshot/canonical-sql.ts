import type { Fact } from './format.js';

/**
 * The facts whose values are SQL that PostgreSQL prints from its parse trees. In three cases, PostgreSQL parses its own text
 * to another tree, and prints that tree differently. So these facts change in a dump and a restore, although the object is
 * the same.
 */
const WRITTEN_BY_SERVER: ReadonlySet<string> = new Set([
  'arguments',
  'columns',
  'default',
  'definition',
  'generated',
  'partition bound',
  'partitioned by',
  'using',
  'where',
  'with check',
]);

/** The body of a function in the form of the SQL standard. A body that the server stores as a text never begins so. */
const STANDARD_BODY = /^\s*(?:BEGIN ATOMIC|RETURN)\b/;

/**
 * Checks whether two values of a fact mean the same: whether they are equal after a dump and a restore.
 *
 * @param fact its name
 */
export function isSameFact(fact: string, one: Fact | undefined, other: Fact | undefined): boolean {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)];
  if (a === b || a === undefined || b === undefined) return a === b;
  const isStandardBody = fact === 'body' && [one, other].every((body) => STANDARD_BODY.test(String(body)));
  if (!isStandardBody && !WRITTEN_BY_SERVER.has(fact)) return false;
  return JSON.stringify(canonicalize(one)) === JSON.stringify(canonicalize(other));
}

function canonicalize(value: unknown): unknown {
  if (typeof value === 'string') return canonicalSql(value);
  if (Array.isArray(value)) return value.map(canonicalize);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, canonicalize(part)]));
}

/** A token, or the content of a pair of parentheses or brackets. */
type Node = string | Group;

interface Group {
  readonly open: '(' | '[';
  readonly content: readonly Node[];
}

const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|[\p{L}_][\p{L}\p{N}_$]*|[\d.]+|::|\s+|[^\s]/gu;

/**
 * Writes SQL of PostgreSQL in the form that it has after a dump and a restore:
 *
 * - A cast of an array constructor becomes a cast of each element: `(ARRAY[a, b])::text[]` becomes
 *   `ARRAY[(a)::text, (b)::text]`.
 * - An AND inside of an AND, and an OR inside of an OR, lose their parentheses. BETWEEN and a comparison of rows make such
 *   nested conditions.
 * - A constant without a name in a SELECT that follows a UNION, INTERSECT or EXCEPT gets the name of its type. The names of
 *   such a SELECT have no meaning, so they are all left out.
 *
 * @returns tokens, separated by one space
 * @example
 * ```ts
 * canonicalSql("((a > 1) AND ((b > 1) AND (b < 9)))"); // ( ( a > 1 ) AND ( b > 1 ) AND ( b < 9 ) )
 * ```
 */
export function canonicalSql(sql: string): string {
  const tokens = (sql.match(TOKEN) ?? []).filter((token) => token.trim() !== '');
  return print(rewrite(readGroup(tokens, { at: 0 })));
}

function readGroup(tokens: readonly string[], position: { at: number }): readonly Node[] {
  const nodes: Node[] = [];
  while (position.at < tokens.length) {
    const token = tokens[position.at++] ?? '';
    if (token === ')' || token === ']') break;
    nodes.push(
      token === '(' || token === '[' ? { open: token, content: readGroup(tokens, position) } : token,
    );
  }
  return nodes;
}

function rewrite(nodes: readonly Node[]): readonly Node[] {
  const inner = nodes.map((node) => (isText(node) ? node : { ...node, content: rewrite(node.content) }));
  return flatten(castElements(leaveOutNames(inner)));
}

const ENDS_OF_LIST: ReadonlySet<Node> = new Set(['FROM', 'WHERE', 'WITH', ';']);
const SET_OPERATIONS: ReadonlySet<Node> = new Set(['UNION', 'INTERSECT', 'EXCEPT']);

/** Leaves out the names of the columns of each SELECT that follows a set operation. */
function leaveOutNames(nodes: readonly Node[]): readonly Node[] {
  if (!nodes.some((node) => SET_OPERATIONS.has(node))) return nodes;
  let follows = false;
  let isInList = false;
  return nodes.flatMap((node, index) => {
    if (SET_OPERATIONS.has(node)) follows = true;
    // The next statement of a body.
    if (node === ';') follows = false;
    if (node === 'SELECT') isInList = follows;
    if (ENDS_OF_LIST.has(node)) isInList = false;
    if (isInList && (node === 'AS' || nodes[index - 1] === 'AS')) return [];
    const operand = operandAt(nodes, index);
    return [operand === undefined ? node : { ...operand, content: withoutNames(operand.content) }];
  });
}

/** The SELECT in parentheses that follows a set operation. One in FROM has names that are used. */
function operandAt(nodes: readonly Node[], index: number): Group | undefined {
  const node = nodes[index];
  if (node === undefined || isText(node) || node.content[0] !== 'SELECT') return undefined;
  const before = nodes[index - 1] === 'ALL' ? nodes[index - 2] : nodes[index - 1];
  return before !== undefined && SET_OPERATIONS.has(before) ? node : undefined;
}

/** Leaves out the names of the columns of a SELECT in parentheses. */
function withoutNames(nodes: readonly Node[]): readonly Node[] {
  const end = nodes.findIndex((node) => node === 'FROM' || node === 'WHERE');
  const list = end < 0 ? nodes : nodes.slice(0, end);
  const unnamed = list.filter((node, index) => node !== 'AS' && list[index - 1] !== 'AS');
  return [...unnamed, ...nodes.slice(list.length)];
}

function castElements(nodes: readonly Node[]): readonly Node[] {
  for (const [index, node] of nodes.entries()) {
    const elements = arrayIn(node);
    const type = elements === undefined || nodes[index + 1] !== '::' ? [] : typeAt(nodes, index + 2);
    if (elements === undefined || type.length === 0) continue;
    const rest = nodes.slice(index + 2 + type.length);
    return castElements([...nodes.slice(0, index), 'ARRAY', cast(elements, type.slice(0, -1)), ...rest]);
  }
  return nodes;
}

/** The brackets of an array constructor that is alone in parentheses. */
function arrayIn(node: Node): Group | undefined {
  if (isText(node) || node.open !== '(' || node.content.length !== 2) return undefined;
  const [word, elements] = node.content;
  return word === 'ARRAY' && elements !== undefined && !isText(elements) ? elements : undefined;
}

/** The nodes of the name of an array type, with the empty brackets at its end; empty for another type. */
function typeAt(nodes: readonly Node[], start: number): readonly Node[] {
  for (let end = start; end < nodes.length; end++) {
    const node = nodes[end];
    if (node === undefined) return [];
    if (!isText(node) && node.open === '[')
      return node.content.length === 0 ? nodes.slice(start, end + 1) : [];
    // Names of types have no word in upper case without quotes, as keywords have.
    if (isText(node) && !/^(?:[\p{Ll}_"]|\.$)/u.test(node)) return [];
  }
  return [];
}

function cast(elements: Group, type: readonly Node[]): Group {
  const casts = split(elements.content, [',']).map(({ nodes }): readonly Node[] => {
    const [word, inner, ...more] = nodes;
    if (word === 'ARRAY' && inner !== undefined && !isText(inner) && more.length === 0)
      return ['ARRAY', cast(inner, type)];
    return [{ open: '(', content: nodes }, '::', ...type];
  });
  return { open: '[', content: casts.flatMap((nodes, index) => (index === 0 ? nodes : [',', ...nodes])) };
}

function flatten(nodes: readonly Node[]): readonly Node[] {
  const connector = connectorOf(nodes);
  if (connector === undefined) return nodes;
  return split(nodes, [connector]).flatMap(({ nodes: operand }, index) => {
    const [only, ...others] = operand;
    const isSame =
      only !== undefined &&
      others.length === 0 &&
      !isText(only) &&
      only.open === '(' &&
      connectorOf(only.content) === connector;
    const flat = isSame ? only.content : operand;
    return index === 0 ? flat : [connector, ...flat];
  });
}

/** The AND or OR that joins nodes; undefined if nothing joins them, or if the AND belongs to the frame of a window. */
function connectorOf(nodes: readonly Node[]): 'AND' | 'OR' | undefined {
  if (nodes.includes('BETWEEN')) return undefined;
  return (['AND', 'OR'] as const).find((word) => nodes.includes(word));
}

function split(nodes: readonly Node[], separators: readonly string[]): readonly { readonly nodes: Node[] }[] {
  const result: { readonly nodes: Node[] }[] = [{ nodes: [] }];
  for (const node of nodes) {
    if (isText(node) && separators.includes(node)) result.push({ nodes: [] });
    else result.at(-1)?.nodes.push(node);
  }
  return result;
}

function print(nodes: readonly Node[]): string {
  return nodes
    .map((node) =>
      isText(node) ? node : `${node.open} ${print(node.content)} ${node.open === '(' ? ')' : ']'}`,
    )
    .join(' ');
}

function isText(node: Node): node is string {
  return typeof node === 'string';
}
