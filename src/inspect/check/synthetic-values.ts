import pg from '../../postgres/driver/pg.js';
import type { FillableColumn, FillableReference, FillableTable } from './tables.js';

/**
 * Makes the SQL that inserts a row of synthetic values. The values are those that migrations often fail over: repeated
 * values and nulls in every column that allows them, every label of an enum, and zero.
 *
 * @param number of the row, from 0; different for every row of a table
 */
export function insertSql(table: FillableTable, number: number): string {
  if (table.columns.length === 0) return `insert into ${table.name} default values`;
  const names = table.columns.map(({ name }) => pg.escapeIdentifier(name));
  const values = table.columns.map((column) => valueSql(table, column, number));
  return `insert into ${table.name} (${names.join(', ')}) values (${values.join(', ')})`;
}

function valueSql(table: FillableTable, column: FillableColumn, number: number): string {
  const reference = table.references.find(({ columns }) => columns.includes(column.name));
  if (reference !== undefined) return keySql(reference, column, number);
  if (column.hasDefault && (column.isUnique || number % 2 === 0)) return 'default';
  if (column.nullable && number % 4 === 3) return 'null';
  return literalSql(column, column.isUnique ? number : number % 3, number);
}

/** The key of an existing row. The rows are ordered, so that all columns of a key are those of one row. */
function keySql(
  { columns, table, referenced }: FillableReference,
  { name, nullable }: FillableColumn,
  number: number,
): string {
  if (nullable && number % 4 === 3) return 'null';
  const keys = referenced.map((key) => pg.escapeIdentifier(key));
  const key = keys[columns.indexOf(name)];
  return `(select ${key} from ${table} order by ${keys.join(', ')} limit 1 offset ${number} % greatest(1, (select count(*) from ${table})))`;
}

/**
 * @param value a number that repeats, unless the column is unique
 * @param number of the row
 */
function literalSql(column: FillableColumn, value: number, number: number): string {
  const { category, labels } = column;
  if (labels !== null) return pg.escapeLiteral(labels[number % labels.length] ?? '');
  switch (category) {
    case 'B':
      return String(value % 2 === 0);
    case 'N':
      return String(value);
    case 'S':
      return pg.escapeLiteral(textValue(column, value));
    case 'D':
      return timeSql(column, value);
    case 'T':
      return `'${value} hours'`;
    case 'A':
      return `'{}'`;
    case 'R':
      return column.base.includes('multi') ? `'{}'` : `'empty'`;
    case 'I':
      return column.base === 'inet' ? `inet '192.0.2.0' + ${value}` : `'192.0.2.0/24'`;
    case 'V':
      return column.base === 'bit' ? `${value}::${column.type}` : `'1'`;
    default:
      return otherSql(column, value);
  }
}

function textValue({ name, type }: FillableColumn, value: number): string {
  const text = `${name} ${value}`;
  const maxLength = Number(/\((\d+)\)$/.exec(type)?.[1] ?? text.length);
  return text.length <= maxLength ? text : String(value).slice(-maxLength);
}

function timeSql({ base }: FillableColumn, value: number): string {
  if (base === 'date') return `date '2025-01-01' + ${value}`;
  if (base.startsWith('time') && !base.startsWith('timestamp'))
    return `time '09:00' + interval '${value} minutes'`;
  return `timestamptz '2025-01-01 12:00+00' + interval '${value} days'`;
}

function otherSql({ base }: FillableColumn, value: number): string {
  switch (base) {
    case 'uuid':
      return `'00000000-0000-4000-8000-${value.toString(16).padStart(12, '0')}'`;
    case 'json':
    case 'jsonb':
      return `'{"number": ${value}}'`;
    case 'bytea':
      return `'\\x${value.toString(16).padStart(8, '0')}'`;
    case 'xml':
      return `'<number>${value}</number>'`;
    case 'point':
      return `'(${value}, ${value})'`;
    default:
      return 'null';
  }
}
