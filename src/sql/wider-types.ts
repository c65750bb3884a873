import type { Node, TypeName } from 'libpg-query';

/** A type of a column. */
export interface SqlType {
  /** The name of the type, or of the elements of an array, as `pg_type` has it, with its schema if a user created it there. */
  readonly name: string;
  /** Its length, or its precision and scale; empty if it has none. */
  readonly modifiers: readonly number[];
  readonly isArray: boolean;
}

/** Types, each with other types that hold all its values. The element type decides for arrays. */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  int2: ['int4', 'int8', 'numeric', 'float4', 'float8'],
  int4: ['int8', 'numeric', 'float8'],
  int8: ['numeric'],
  float4: ['float8'],
  date: ['timestamp', 'timestamptz'],
  cidr: ['inet'],
  // The same document, without its white space.
  json: ['jsonb'],
  varchar: ['text'],
  text: ['varchar'],
  // Blanks at the end are not a part of the value.
  bpchar: ['text', 'varchar'],
};

/** Types without a length that hold the text of every value. */
const TEXTS = ['text', 'varchar'];

/** Types without a length that hold every value which PostgreSQL converts to them without an expression. */
const HOLDS_WHAT_CONVERTS: ReadonlySet<string> = new Set([...TEXTS, 'jsonb', 'inet']);

/** Types whose only modifier says how much of a value they hold. */
const WITH_LENGTH = ['varchar', 'bpchar', 'bit', 'varbit', 'time', 'timetz', 'timestamp', 'timestamptz'];

/**
 * Checks whether a type holds every value of another one: PostgreSQL converts each value without a loss, or rejects it.
 * {@link holdsEveryValueSql} is the same in SQL.
 *
 * @param type the type after a change
 * @param old the type before it; null if it is not known
 * @returns false also if nothing is known about the types
 * @example
 * ```ts
 * holdsEveryValue(catalogType('bigint'), catalogType('integer')); // true
 * holdsEveryValue(catalogType('date'), catalogType('timestamp with time zone')); // false
 * ```
 */
export function holdsEveryValue(type: SqlType, old: SqlType | null): boolean {
  const { name, modifiers, isArray } = type;
  if (old === null) return modifiers.length === 0 && !isArray && HOLDS_WHAT_CONVERTS.has(name);
  if (old.name === name && old.isArray === isArray) {
    if (modifiers.length === 0) return true;
    if (old.modifiers.length === 0) return false;
    // PostgreSQL rejects a number with too many digits before the point.
    if (name === 'numeric') return (old.modifiers[1] ?? 0) <= (modifiers[1] ?? 0);
    return WITH_LENGTH.includes(name) && (old.modifiers[0] ?? 0) <= (modifiers[0] ?? 0);
  }
  if (modifiers.length > 0) return false;
  if (TEXTS.includes(name) && !isArray) return true;
  return old.isArray === isArray && WIDER[old.name]?.includes(name) === true;
}

/** SQL expressions for {@link holdsEveryValueSql}: the identifiers in `pg_type`, and the modifiers as `atttypmod` has them. */
export interface TypeChangeSql {
  readonly type: string;
  readonly modifier: string;
  readonly oldType: string;
  readonly oldModifier: string;
}

/** SQL that checks whether a type holds every value of another one. {@link holdsEveryValue} is the same for a file. */
export function holdsEveryValueSql({ type, modifier, oldType, oldModifier }: TypeChangeSql): string {
  const pairs = Object.entries(WIDER).flatMap(([from, wider]) =>
    wider.flatMap((to) => [`(${oidOf(from)}, ${oidOf(to)})`, `(${oidOf(`_${from}`)}, ${oidOf(`_${to}`)})`]),
  );
  return `case
      when ${oldType} = ${type} then
        case
          when ${modifier} = -1 then true
          when ${oldModifier} = -1 then false
          when ${type} in (${withArrays(['numeric'])}) then ${scaleOf(oldModifier)} <= ${scaleOf(modifier)}
          when ${type} in (${withArrays(WITH_LENGTH)}) then ${oldModifier} <= ${modifier}
          else false
        end
      when ${modifier} <> -1 then false
      when ${type} in (${TEXTS.map(oidOf).join(', ')}) then true
      else (${oldType}, ${type}) in (${pairs.join(', ')})
    end`;
}

function withArrays(names: readonly string[]): string {
  return names.flatMap((name) => [oidOf(name), oidOf(`_${name}`)]).join(', ');
}

function oidOf(name: string): string {
  return `'pg_catalog.${name}'::pg_catalog.regtype`;
}

/** The scale in the modifier of a numeric, which may be negative. */
function scaleOf(modifier: string): string {
  return `(((${modifier} - 4) & 2047) # 1024) - 1024`;
}

/** A type as a statement names it. */
export function parsedType({ names = [], typmods = [], arrayBounds = [] }: TypeName): SqlType {
  return {
    name: nameIn(names.map(textOf)),
    modifiers: typmods.map((item) => ('A_Const' in item ? (item.A_Const.ival?.ival ?? 0) : 0)),
    isArray: arrayBounds.length > 0,
  };
}

function textOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}

function nameIn(parts: readonly string[]): string {
  const isKnown = parts.length === 2 && ['pg_catalog', 'public'].includes(parts[0] ?? '');
  return parts.slice(isKnown ? 1 : 0).join('.');
}

/** The names that the catalog writes, and those in `pg_type`. */
const NAMES: Readonly<Record<string, string>> = {
  smallint: 'int2',
  integer: 'int4',
  bigint: 'int8',
  real: 'float4',
  'double precision': 'float8',
  boolean: 'bool',
  character: 'bpchar',
  'character varying': 'varchar',
  'bit varying': 'varbit',
  'time without time zone': 'time',
  'time with time zone': 'timetz',
  'timestamp without time zone': 'timestamp',
  'timestamp with time zone': 'timestamptz',
};

/** A type as the catalog writes it: `numeric(6,2)`, `timestamp(3) with time zone[]`. */
export function catalogType(text: string): SqlType {
  const [, start = text, list = '', end = '', brackets = ''] =
    /^(.*?)(?:\((-?\d+(?:,-?\d+)*)\))?( with(?:out)? time zone)?((?:\[\])*)$/s.exec(text) ?? [];
  const [, fields] = /^interval (.+)$/.exec(start) ?? [];
  const name = fields === undefined ? `${start}${end}` : 'interval';
  const modifiers = list === '' ? [] : list.split(',').map(Number);
  return {
    name: NAMES[name] ?? nameIn(name.replaceAll('"', '').split('.')),
    modifiers: fields === undefined ? modifiers : [0, ...modifiers],
    isArray: brackets !== '',
  };
}
