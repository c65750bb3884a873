import { objectsOf } from '../../catalog/objects.js';
import type { Snapshot } from '../../catalog/snapshot.js';

/** An object of the catalog, or a member of a table. */
export interface Target {
  readonly kind: 'table' | 'enum' | 'function' | 'column' | 'constraint' | 'index';
  /** The name of the table or enum, or of the function or procedure without its arguments. */
  readonly object: string;
  /** The name of the column, constraint or index. */
  readonly member?: string;
}

/** Whether a catalog has an object or a member. */
export function exists(catalog: Snapshot, { kind, object, member }: Target): boolean {
  if (kind === 'function') {
    return objectsOf(catalog, 'function', 'procedure').some(
      ({ name }) => withoutQuotes(withoutArguments(name)) === object,
    );
  }
  const found = objectsOf(catalog, kind === 'enum' ? 'enum' : 'table').find(
    ({ name }) => withoutQuotes(name) === object,
  );
  return (
    found !== undefined && (member === undefined || found.members(kind).some(({ name }) => name === member))
  );
}

/** Removes the quotes that the names of a catalog's objects have and those in parse trees do not have. */
export function withoutQuotes(name: string): string {
  return name.replaceAll('"', '');
}

/** Removes the arguments that the names of a catalog's functions have. */
export function withoutArguments(name: string): string {
  return name.slice(0, name.lastIndexOf('('));
}
