/** The TypeScript types of a PostgreSQL type. */
export interface Shape {
  /** The type that `pg` returns. */
  readonly read: string;
  /** The type that `pg` accepts. */
  readonly write: string;
}

const DATE: Shape = { read: 'Date', write: 'Date | string' };
const NUMBER: Shape = { read: 'number', write: 'number' };
const STRING: Shape = { read: 'string', write: 'string' };
/** `pg` returns them as text, because a number cannot hold every value. */
const EXACT: Shape = { read: 'string', write: 'string | number | bigint' };
const JSON_VALUE: Shape = { read: 'unknown', write: 'unknown' };

const SHAPES: Readonly<Record<string, Shape>> = {
  boolean: { read: 'boolean', write: 'boolean' },
  smallint: NUMBER,
  integer: NUMBER,
  oid: NUMBER,
  real: NUMBER,
  'double precision': NUMBER,
  bigint: EXACT,
  numeric: EXACT,
  date: DATE,
  'timestamp with time zone': DATE,
  'timestamp without time zone': DATE,
  json: JSON_VALUE,
  jsonb: JSON_VALUE,
  bytea: { read: 'Buffer', write: 'Buffer' },
  void: { read: 'void', write: 'never' },
  // pg returns objects of classes of other packages.
  interval: { read: 'object', write: 'string' },
  point: { read: 'object', write: 'string' },
  circle: { read: 'object', write: 'string' },
};

/** The element types of arrays that `pg` parses. It returns all others as text, such as `{a,b}`. */
const PARSED_ARRAYS: ReadonlySet<string> = new Set([
  ...[
    'boolean',
    'smallint',
    'integer',
    'oid',
    'bigint',
    'real',
    'double precision',
    'numeric',
    'date',
    'json',
    'jsonb',
  ],
  ...[
    'timestamp with time zone',
    'timestamp without time zone',
    'text',
    'character varying',
    'uuid',
    'bytea',
  ],
]);

/**
 * Finds the TypeScript types of a PostgreSQL type.
 *
 * @param type as PostgreSQL writes it: `numeric(3,2)`, `text[]`, `public.mood`
 * @param named the types of the schema itself by their full names: the TypeScript name of an enum, or the base type of a domain
 */
export function shapeOf(type: string, named: ReadonlyMap<string, Shape | { readonly base: string }>): Shape {
  const element = /^(.*)\[\]$/.exec(type)?.[1];
  if (element !== undefined) return arrayOf(element, named);
  const known = named.get(type);
  if (known !== undefined) return 'base' in known ? shapeOf(known.base, named) : known;
  return SHAPES[withoutModifier(type)] ?? STRING;
}

function arrayOf(element: string, named: Parameters<typeof shapeOf>[1]): Shape {
  const name = withoutModifier(element);
  const { read, write } = shapeOf(element, named);
  // pg returns the elements of numeric[] as numbers, although it returns numeric itself as text.
  const item = name === 'numeric' ? 'number' : read;
  return { read: PARSED_ARRAYS.has(name) ? `${item}[]` : 'string', write: `readonly (${write})[]` };
}

function withoutModifier(type: string): string {
  return type.replace(/\([^)]*\)/, '');
}
