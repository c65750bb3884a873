/** What a value of a PostgreSQL type is in TypeScript. */
export interface Shape {
  /** As `pg` returns it. */
  readonly read: string;
  /** What `pg` takes for it. */
  readonly write: string;
}

const DATE: Shape = { read: 'Date', write: 'Date | string' };
const NUMBER: Shape = { read: 'number', write: 'number' };
const STRING: Shape = { read: 'string', write: 'string' };
/** `pg` does not make numbers of them, which could not hold every value. */
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
  // pg makes objects of these, with classes of other packages.
  interval: { read: 'object', write: 'string' },
  point: { read: 'object', write: 'string' },
  circle: { read: 'object', write: 'string' },
};

/** Arrays whose elements `pg` reads; of all others it gives the text, such as `{a,b}`. */
const READ_ARRAYS: ReadonlySet<string> = new Set([
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
 * The TypeScript type of a PostgreSQL type.
 *
 * @param type as PostgreSQL writes it: `numeric(3,2)`, `text[]`, `public.mood`
 * @param named the types of the schema itself, by their full names: an enum's own name, or a domain's base type
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
  // pg reads the elements of numeric[] as numbers, although it does not do so with numeric itself.
  const item = name === 'numeric' ? 'number' : read;
  return { read: READ_ARRAYS.has(name) ? `${item}[]` : 'string', write: `readonly (${write})[]` };
}

function withoutModifier(type: string): string {
  return type.replace(/\([^)]*\)/, '');
}
