import { omitPublic } from '../../catalog/names.js';
import { encodeName } from '../../text/encode.js';
import type { LostData } from '../script/safeguard.js';

/**
 * Data that a file deletes, as the catalogs show it:
 *
 * - `table`: the table is dropped, even if another one of its name replaces it;
 * - `rows`: the table stays, and rows of it are deleted or it is truncated;
 * - `column`: the table stays, and a column of it is dropped;
 * - `label`: a value of an enum is removed, and this column could hold it;
 * - `type`: a column gets a type that does not hold every value, or its values by an expression.
 *
 * Names are quoted as SQL needs them, with their schema.
 */
export interface Loss {
  readonly kind: 'table' | 'rows' | 'column' | 'label' | 'type';
  /** Such as `public.contacts`. */
  readonly table: string;
  /** The number of the table in `pg_class`. */
  readonly id: string;
  /** Whether the rows are in its partitions. */
  readonly isPartitioned: boolean;
  /** Set only for a column, a label or a type. */
  readonly column: string | null;
  /** The enum of a label, such as `public.call_outcome`. */
  readonly type: string | null;
  /** The label as the enum lists it. */
  readonly label: string | null;
  /** Whether the column holds an array of labels. */
  readonly isArray: boolean;
  /** Set only for `rows`: how many are deleted; null if the table is emptied. */
  readonly deleted: number | null;
  /** Set only for a type: the type of the column before. */
  readonly oldType: string | null;
  /** The type of the column after it; null if every value of the column counts. */
  readonly newType: string | null;
  /** The time zone in which the file changes the type; null if that does not matter, or is the time zone of the session. */
  readonly timeZone: string | null;
}

/** Data that a file deletes, and how much of it there is. */
export interface CountedLoss extends Loss {
  /** Rows, values that are not null, or uses of a label. */
  readonly count: number;
}

/** A loss with the migration that causes it, as its file writes it. */
export type MigrationLoss<L extends Loss> = L & { readonly version: string };

/** Identifies a loss; `LOSS_KEY` is the same in SQL. */
export function keyOf({ kind, table, column, label }: Loss): string {
  return [table, kind, column ?? '', label ?? ''].join(' ');
}

/** The names by which a user may agree to a loss; messages show the first. */
export function namesOf({ kind, table, column, type, label }: Loss): readonly string[] {
  const own = kind === 'label' ? `${type}.${label}` : column === null ? table : `${table}.${column}`;
  return [...new Set([own, table].flatMap((name) => [omitPublic(name), name]))];
}

/** A loss for people and programs. */
export function describeLoss(loss: MigrationLoss<CountedLoss>, file: string | null): LostData {
  const { version, count } = loss;
  const [name = ''] = namesOf(loss);
  return { version, what: inWords(loss, name), name, count, unit: UNITS[loss.kind], file };
}

const UNITS = { table: 'rows', rows: 'rows', column: 'values', label: 'uses', type: 'values' } as const;

/**
 * One line for people: `column contacts.note: 17 values`.
 */
export function lossLine({ what, count, unit }: LostData): string {
  return encodeName(`${what}: ${count.toLocaleString('en-US')} ${count === 1 ? unit.slice(0, -1) : unit}`);
}

function inWords({ kind, type, table, label, column, newType }: Loss, name: string): string {
  if (kind === 'type') return `column ${name} ${newType === null ? 'in its new form' : `as ${newType}`}`;
  if (kind === 'rows') return `rows of table ${name}`;
  if (kind !== 'label') return `${kind} ${name}`;
  return `label ${omitPublic(type ?? '')} '${label}' in ${omitPublic(table)}.${column}`;
}
