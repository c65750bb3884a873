import { orNull } from './typescript-text.js';

/** The TypeScript types of a PostgreSQL type. */
export interface Shape {
  /** The type that `pg` returns. */
  readonly read: string;
  /** The type that `pg` accepts. */
  readonly write: string;
  /** The type that `pg` returns for an element of an array; undefined if it returns the array as text, such as `{a,b}`. */
  readonly element?: string;
}

const DATE: Shape = { read: 'Date', write: 'Date | string', element: 'Date' };
const NUMBER: Shape = { read: 'number', write: 'number', element: 'number' };
const TEXT: Shape = { read: 'string', write: 'string', element: 'string' };
const JSON_VALUE: Shape = { read: 'unknown', write: 'unknown', element: 'unknown' };
/** `pg` returns an object of a class of another package. */
const OBJECT: Shape = { read: 'object', write: 'string', element: 'object' };
/** The type depends on the call. */
const ANY: Shape = { read: 'unknown', write: 'unknown' };
/** All other types: `pg` returns the text of the value, and of an array. */
export const OTHER: Shape = { read: 'string', write: 'string' };

/** The types of PostgreSQL that `pg` returns in another way than {@link OTHER}, by their names without modifiers. */
const SHAPES: ReadonlyMap<string, Shape> = new Map([
  ['boolean', { read: 'boolean', write: 'boolean', element: 'boolean' }],
  ...shared(NUMBER, ['smallint', 'integer', 'oid', 'real', 'double precision']),
  // As text, because a number cannot hold every value. The elements of numeric[] are numbers nevertheless.
  ['bigint', { read: 'string', write: 'string | number | bigint', element: 'string' }],
  ['numeric', { read: 'string', write: 'string | number | bigint', element: 'number' }],
  ...shared(DATE, ['date', 'timestamp with time zone', 'timestamp without time zone']),
  ...shared(TEXT, [
    'text',
    'character varying',
    'character',
    'bpchar',
    'uuid',
    'inet',
    'cidr',
    'macaddr',
    'money',
  ]),
  ...shared(TEXT, ['time with time zone', 'time without time zone', 'numrange', 'regproc']),
  ...shared(JSON_VALUE, ['json', 'jsonb']),
  ['bytea', { read: 'Buffer', write: 'Buffer', element: 'Buffer' }],
  ...shared(OBJECT, ['interval', 'point']),
  ['circle', { read: 'object', write: 'string' }],
  ['void', { read: 'void', write: 'never' }],
  ...shared(ANY, [
    'record',
    '"any"',
    'anyelement',
    'anyarray',
    'anynonarray',
    'anyenum',
    'anyrange',
    'anymultirange',
  ]),
  ...shared(ANY, ['anycompatible', 'anycompatiblearray', 'anycompatiblenonarray']),
  ...shared(ANY, ['anycompatiblerange', 'anycompatiblemultirange']),
]);

/**
 * Finds the TypeScript types of a type of PostgreSQL that is not an array. A type that is not in `pg_catalog`, such as that of
 * an extension, is returned as text.
 *
 * @param type as PostgreSQL writes it: `numeric(3,2)`
 */
export function shapeOf(type: string): Shape {
  return SHAPES.get(withoutModifier(type)) ?? OTHER;
}

/**
 * The types of an array of a type. Every element may be null, since PostgreSQL can declare that of no array but one whose
 * elements are of a domain that refuses null.
 */
export function arrayOf({ write, element, isNotNull }: Shape & { readonly isNotNull: boolean }): Shape {
  const list = (type: string): string => `(${isNotNull ? type : orNull(type)})[]`;
  return { read: element === undefined ? 'string' : list(element), write: `readonly ${list(write)}` };
}

function shared(shape: Shape, names: readonly string[]): [string, Shape][] {
  return names.map((name) => [name, shape]);
}

/** Removes the precision or length, and the fields of an interval. */
function withoutModifier(type: string): string {
  return type.replace(/\([^)]*\)/, '').replace(/^interval .*/, 'interval');
}
