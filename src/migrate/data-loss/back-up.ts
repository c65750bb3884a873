import { join } from 'node:path';
import { omitPublic } from '../../catalog/names.js';
import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/pg.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import type { Listener } from '../run/events.js';
import { copyOut } from './copy-out.js';
import { countLosses, present, rowsOf } from './count.js';
import { describeTables, type TableFacts } from './describe-table.js';
import { notKept } from './errors.js';
import { type NewFolder, newFolder } from './files.js';
import { type Keeper, refuseUnasked } from './ledger.js';
import { type CountedLoss, describeLoss, type Loss } from './loss.js';
import { type KeptLoss, restoreScript } from './restore-script.js';

/** What a transaction is about to take away, in files. */
export interface Kept {
  /** The transaction was committed, or nobody knows whether it was: the files stay. */
  stays(emit: Listener): void;
  /** The transaction was rolled back: the files go. */
  goes(): Promise<void>;
}

/** A migration, as the files name it. */
export interface KeptOf {
  readonly name: string;
  readonly label: string;
}

/** Rows are written and counted the same whoever asks, and all of them or none: a policy that hides some is an error. */
const FOR_READING = `set local row_security = off;
set local search_path = pg_catalog, pg_temp;
set local datestyle = 'ISO, YMD';
set local intervalstyle = postgres;
set local bytea_output = hex;
set local extra_float_digits = 1;
set local lc_monetary = 'C'`;

/**
 * Counts what there is of losses, in a transaction of its own that only reads; locks nothing.
 *
 * @param lockTimeoutMs how long it waits for a table that somebody has locked
 */
export async function countNow<L extends Loss>(
  { client, serverVersion }: Connection,
  losses: readonly L[],
  lockTimeoutMs: number,
): Promise<readonly (L & CountedLoss)[]> {
  if (losses.length === 0) return [];
  try {
    await client.query(`begin isolation level repeatable read read only;
set local lock_timeout = ${lockTimeoutMs};
${liftTimeouts(serverVersion.number)};
${FOR_READING}`);
    return await countLosses(client, await present(client, losses));
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}

/**
 * Writes what a transaction is going to take away to files, inside that transaction, with the tables locked against
 * writers, so that no row comes in between; readers go on.
 *
 * @param client in the transaction that will take it away
 * @returns null where there is nothing of it
 * @throws LossRefusedError where nobody has agreed to lose it
 * @throws ExplainedError `not_kept` where the files cannot be written
 * @throws DatabaseError, as where a table cannot be locked in time
 */
export async function keep(
  { client, target }: Connection,
  keeper: Keeper,
  migration: KeptOf,
  losses: readonly Loss[],
): Promise<Kept | null> {
  const here = await present(client, losses);
  if (here.length === 0) return null;
  await client.query(`${lockSql(here)};\nsavepoint before_keeping;\n${FOR_READING}`);
  const counted = await countLosses(client, here);
  const { label: version } = migration;
  refuseUnasked(
    keeper,
    counted.map((loss) => ({ ...loss, version })),
    `${version} is still whole; what was rolled back before it stays so.`,
  );
  const kept =
    counted.length === 0 ? null : await writeFiles(client, target.database, keeper, migration, counted);
  await client.query('rollback to savepoint before_keeping;\nrelease savepoint before_keeping');
  return kept;
}

/** Keeps writers from the tables of losses; readers go on. */
export function lockSql(losses: readonly Loss[]): string {
  const tables = [...new Set(losses.map(({ table }) => table))].sort();
  return `lock table ${tables.join(', ')} in share mode`;
}

async function writeFiles(
  client: pg.Client,
  database: string,
  keeper: Keeper,
  { name, label }: KeptOf,
  counted: readonly CountedLoss[],
): Promise<Kept> {
  const at = new Date();
  const facts = await describeTables(client, [...new Set(counted.map(({ table }) => table))]);
  let folder: NewFolder | null = null;
  try {
    folder = await newFolder(
      keeper.folder,
      `${forFiles(at.toISOString().slice(0, 19))}Z-${forFiles(database)}-${label}`,
    );
    const kept: KeptLoss[] = [];
    for (const [index, loss] of counted.entries()) {
      const table = facts.get(loss.table);
      if (table === undefined) throw new Error(`${loss.table} is gone`);
      const one = {
        loss,
        table,
        columns: columnsOf(loss, table),
        file: `${index + 1}-${fileName(loss)}.csv`,
      };
      await copyOut(client, copySql(one), join(folder.partialPath, one.file));
      kept.push(one);
    }
    await folder.write(
      'restore.sql',
      restoreScript(kept, { version: label, database, directory: keeper.directory, at }),
    );
    await folder.finish();
    return keptIn(folder, keeper, label, kept);
  } catch (error) {
    await folder?.remove().catch(() => undefined);
    throw error instanceof pg.DatabaseError ? error : notKept(name, keeper.folder, error);
  }
}

function keptIn({ path, remove }: NewFolder, keeper: Keeper, label: string, kept: readonly KeptLoss[]): Kept {
  return {
    goes: remove,
    stays: (emit) => {
      const losses = kept.map(({ loss, file }) => describeLoss(loss, label, join(path, file)));
      keeper.lost.push(...losses);
      emit({ kind: 'kept', folder: path, losses });
    },
  };
}

function copySql({ loss, columns }: KeptLoss): string {
  return `copy (select ${columns.join(', ')} from ${rowsOf(loss)}) to stdout with (format csv, header)`;
}

/** All columns where rows go; otherwise the key and the value, and without a key all of them again. */
function columnsOf({ kind, column }: Loss, { columns, key }: TableFacts): readonly string[] {
  if (kind === 'table' || kind === 'rows' || column === null || key.length === 0) return columns;
  return [...new Set([...key, column])];
}

function fileName({ table, column, label }: Loss): string {
  return forFiles([omitPublic(table), column, label].filter((part) => part !== null).join('.'));
}

function forFiles(text: string): string {
  return text.replaceAll(/[^\w.-]/g, '-');
}
