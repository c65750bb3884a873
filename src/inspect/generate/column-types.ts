import type { Column, NamedObject } from '../../catalog/objects.js';
import type { FindType } from './named-types.js';
import { orNull } from './typescript-text.js';

/**
 * The type of a column that `pg` returns. A domain that is not null applies only to tables: a view can have null instead,
 * for the missing side of an outer join.
 */
export function readTypeOf(column: Column, { kind }: NamedObject, find: FindType): string {
  const { read, isNotNull } = find(column.type);
  const isTable = kind === 'table' || kind === 'foreign table';
  return column.nullAllowed && !(isTable && isNotNull) ? orNull(read) : read;
}

/** The type of a column of a table that `pg` accepts. */
export function writeTypeOf(column: Column, find: FindType): string {
  const { write } = find(column.type);
  return acceptsNull(column, find) ? orNull(write) : write;
}

/** Whether an insert may leave a column out. */
export function mayBeOmitted(column: Column, find: FindType): boolean {
  return column.hasDefault || find(column.type).hasDefault || acceptsNull(column, find);
}

function acceptsNull(column: Column, find: FindType): boolean {
  return column.nullAllowed && !find(column.type).isNotNull;
}
