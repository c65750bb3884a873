import { omitPublic } from '../../catalog/names.js';

/**
 * Something with data in it that a down takes away, as the catalogs tell it:
 *
 * - `table`: the table is gone, also where another one of its name took its place;
 * - `rows`: the table stays, and rows of it are deleted or it is truncated;
 * - `column`: the table stays, and a column of it is gone;
 * - `label`: a value of an enum is gone, and this column could hold it.
 *
 * Names are written as SQL needs them, with their schema.
 */
export interface Loss {
  readonly kind: 'table' | 'rows' | 'column' | 'label';
  /** Such as `public.contacts`. */
  readonly table: string;
  /** The table's number in `pg_class`. */
  readonly id: string;
  /** Whether the rows are in its partitions. */
  readonly isPartitioned: boolean;
  /** Only of a column or a label. */
  readonly column: string | null;
  /** The enum that a label goes from, such as `public.call_outcome`. */
  readonly type: string | null;
  /** As the enum lists it. */
  readonly label: string | null;
  /** Whether the column holds many labels in an array. */
  readonly isArray: boolean;
  /** Of `rows`: how many are deleted; null where the table is emptied. */
  readonly deleted: number | null;
}

/** Something that a down takes away, and how much there is of it. */
export interface CountedLoss extends Loss {
  /** Rows, values that are not null, or uses of a label. */
  readonly count: number;
}

/** Data that a down takes away, or would take away. */
export interface LostData {
  /** The migration that is rolled back, as its file writes it: `V0005`. */
  readonly version: string;
  /** In words: `column contacts.note`. */
  readonly what: string;
  /** How `--lose` names it: `contacts.note`. */
  readonly name: string;
  /** How many rows, values that are not null, or uses of a label. */
  readonly count: number;
  /** What the count counts: `values`. */
  readonly unit: 'rows' | 'values' | 'uses';
  /** The file that it was written to; null where nothing was taken away. */
  readonly file: string | null;
}

/** Tells losses apart; the same in SQL, see `LOSS_KEY`. */
export function keyOf({ kind, table, column, label }: Loss): string {
  return [table, kind, column ?? '', label ?? ''].join(' ');
}

/** The names by which a person may agree to a loss; the first is the one that we show. */
export function namesOf({ kind, table, column, type, label }: Loss): readonly string[] {
  const own = kind === 'label' ? `${type}.${label}` : column === null ? table : `${table}.${column}`;
  return [...new Set([own, table].flatMap((name) => [omitPublic(name), name]))];
}

/** A loss for people and programs. */
export function describeLoss(loss: CountedLoss, version: string, file: string | null): LostData {
  const { count } = loss;
  const [name = ''] = namesOf(loss);
  return { version, what: inWords(loss, name), name, count, unit: UNITS[loss.kind], file };
}

const UNITS = { table: 'rows', rows: 'rows', column: 'values', label: 'uses' } as const;

/**
 * One line for people: `column contacts.note: 17 values`.
 */
export function lossLine({ what, count, unit }: LostData): string {
  return `${what}: ${count.toLocaleString('en-US')} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

function inWords({ kind, type, table, label, column }: Loss, name: string): string {
  if (kind === 'rows') return `rows of table ${name}`;
  if (kind !== 'label') return `${kind} ${name}`;
  return `label ${omitPublic(type ?? '')} '${label}' in ${omitPublic(table)}.${column}`;
}
