import { omitPublic } from '../../catalog/names.js';
import type { Statement } from '../../sql/statements.js';
import type { LockMode } from './modes.js';
import { type FoundScans, NO_SCANS, type PartitionScan, scannedPartitions } from './partition-scans.js';
import type { ExistingTable, LocksByOid, TablesByOid } from './read.js';

/** A lock that a statement takes on a table that exists before its file. */
export interface MeasuredLock {
  readonly statement: Statement;
  readonly table: ExistingTable;
  readonly lock: LockMode;
  /** Whether the statement rewrites the table. */
  readonly rewrites: boolean;
  /** Whether the statement rebuilds an index that the table had before it. */
  readonly rebuilds: boolean;
}

/** Tables and columns that exist before a file and that one of its statements drops, also by a cascade. */
export interface MeasuredDrop {
  readonly statement: Statement;
  /** In words: `table visits`, `column visits.pet`. */
  readonly objects: readonly string[];
}

/** What was measured of the statements of a file. */
export interface Measurements {
  readonly locks: readonly MeasuredLock[];
  readonly drops: readonly MeasuredDrop[];
  readonly scans: readonly PartitionScan[];
}

/** The tables of a database, and the locks that a session holds. */
export interface SessionState {
  readonly tables: TablesByOid;
  readonly locks: LocksByOid;
}

/** Joins what was measured of several statements. */
export function merge(measured: readonly Measurements[]): Measurements {
  return {
    locks: measured.flatMap(({ locks }) => locks),
    drops: measured.flatMap(({ drops }) => drops),
    scans: measured.flatMap(({ scans }) => scans),
  };
}

/**
 * Compares the states before and after a statement.
 *
 * @param existing the tables before the file
 */
export function compare(
  statement: Statement,
  existing: TablesByOid,
  before: SessionState,
  after: SessionState,
  scanned: FoundScans = NO_SCANS,
): Measurements {
  const objects = droppedObjects(existing, before.tables, after.tables);
  return {
    locks: compareLocks(statement, existing, before, after),
    drops: objects.length === 0 ? [] : [{ statement, objects }],
    scans: scannedPartitions(statement, existing, scanned),
  };
}

/** A materialized view holds no data of its own. */
function droppedObjects(existing: TablesByOid, before: TablesByOid, after: TablesByOid): readonly string[] {
  return [...existing].flatMap(([oid, { schema, name, columns, canBeLocked }]) => {
    const then = before.get(oid);
    if (then === undefined || !canBeLocked) return [];
    const now = after.get(oid);
    const table = omitPublic(`${schema}.${name}`);
    if (now === undefined) return [`table ${table}`];
    return Object.entries(columns)
      .filter(([number]) => then.columns[number]?.isInherited === false && !(number in now.columns))
      .map(([, { name: column }]) => `column ${table}.${column}`);
  });
}

/** Finds the locks that are stronger than before, and the tables that were rewritten. */
function compareLocks(
  statement: Statement,
  existing: TablesByOid,
  before: SessionState,
  after: SessionState,
): readonly MeasuredLock[] {
  return [...existing].flatMap(([oid, table]) => {
    const lockBefore = before.locks.get(oid) ?? null;
    const lock = after.locks.get(oid) ?? null;
    const now = after.tables.get(oid);
    const then = before.tables.get(oid);
    const rewrites = now !== undefined && now.fileNode !== then?.fileNode;
    const rebuilds = Object.entries(then?.indexFiles ?? {}).some(
      ([name, file]) => (now?.indexFiles[name] ?? file) !== file,
    );
    return lock !== null && (lock !== lockBefore || rewrites || rebuilds)
      ? [{ statement, table, lock, rewrites, rebuilds }]
      : [];
  });
}
