import { join } from 'node:path';
import { omitPublic } from '../../catalog/names.js';
import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { INVALID_SCHEMA_NAME, sqlStateOf, UNDEFINED_TABLE } from '../../postgres/errors/sql-states.js';
import { toFileName } from '../../text/file-name.js';
import type { LostData } from '../script/safeguard.js';
import type { Work } from '../script/work.js';
import { allowanceOf } from './allowed.js';
import type { BackupFile } from './backup-file.js';
import { type BackupFolder, newBackupFolder } from './backup-folder.js';
import { copyOut } from './copy-out.js';
import { countLosses, READ_SETTINGS, rowsOf, withExistingData } from './count.js';
import { describeTables, type TableDescription } from './describe-table.js';
import { backupFailedError } from './errors.js';
import { type Ledger, refuseUnnamed } from './ledger.js';
import { type CountedLoss, describeLoss, type Loss, type MigrationLoss } from './loss.js';
import { restoreScript } from './restore-script.js';

/** The files of the data that a transaction is about to delete. */
export interface Backup {
  readonly folder: string;
  readonly losses: readonly LostData[];
  /** Removes the files: the transaction was rolled back. */
  remove(): Promise<void>;
}

/**
 * Backs up the data that a transaction is about to delete, inside that transaction. It locks the tables against writers,
 * so that no row is added in between; readers are not blocked.
 *
 * @param client in the transaction that will delete the data
 * @returns null if there is no data
 * @throws LossRefusedError if the caller did not agree to delete all of it
 * @throws ExplainedError `backup_failed` if the files cannot be written
 * @throws DatabaseError, for example if a table cannot be locked in time
 */
export async function backUp(
  { client, target }: Connection,
  ledger: Ledger,
  work: Work,
  losses: readonly Loss[],
): Promise<Backup | null> {
  const existing = await lockTables(client, losses);
  if (existing.length === 0) return null;
  // The statements of the file follow in this transaction, with their own settings.
  await client.query(`savepoint before_backup;\n${READ_SETTINGS}`);
  const { label: version } = work;
  const allows = allowanceOf(work);
  const counted = (await countLosses(client, existing)).map((loss) => ({
    ...loss,
    version,
    isAllowed: allows(loss),
  }));
  refuseUnnamed(ledger, counted, work);
  const backup =
    counted.length === 0 ? null : await writeFiles(client, target.database, ledger, work, counted);
  await client.query(END_READ);
  return backup;
}

/**
 * Locks the tables of losses against writers. The lock comes before the first query of the transaction: above READ COMMITTED
 * that query takes the snapshot, which must have the rows that a writer commits before it releases the table.
 *
 * @returns the losses whose table and column exist; the others belong to tables that another session has dropped
 */
async function lockTables(client: pg.Client, losses: readonly Loss[]): Promise<readonly Loss[]> {
  await client.query('savepoint before_backup');
  let isLocked = true;
  try {
    await client.query(lockTablesSql(losses));
    // The locks stay when what follows is rolled back.
    await client.query('release savepoint before_backup;\nsavepoint before_backup');
  } catch (error) {
    if (!MISSING.has(sqlStateOf(error) ?? '')) throw error;
    isLocked = false;
    await client.query('rollback to savepoint before_backup');
  }
  const existing = await withExistingData(client, losses);
  await client.query(END_READ);
  if (!isLocked && existing.length > 0) await client.query(lockTablesSql(existing));
  return existing;
}

const MISSING = new Set([UNDEFINED_TABLE, INVALID_SCHEMA_NAME]);

/** Ends the settings of a read, so that the statements of the file do not run with them. */
const END_READ = 'rollback to savepoint before_backup;\nrelease savepoint before_backup';

/** SQL that locks the tables of losses against writers; readers are not blocked. */
export function lockTablesSql(losses: readonly Loss[]): string {
  const tables = [...new Set(losses.map(({ table }) => table))].sort();
  return `lock table ${tables.join(', ')} in share mode`;
}

async function writeFiles(
  client: pg.Client,
  database: string,
  ledger: Ledger,
  work: Work,
  counted: readonly MigrationLoss<CountedLoss>[],
): Promise<Backup> {
  const at = new Date();
  const tables = await describeTables(client, [...new Set(counted.map(({ table }) => table))]);
  let folder: BackupFolder | null = null;
  try {
    folder = await newBackupFolder(ledger.folder, folderName(at, database, work.label));
    const files: BackupFile[] = [];
    for (const [index, loss] of counted.entries()) {
      const table = tables.get(loss.table);
      if (table === undefined) throw new Error(`${loss.table} does not exist`);
      const file = `${index + 1}-${fileName(loss)}.tsv`;
      const columns = columnsOf(loss, table);
      const rows = await copyOut(client, copySql(loss, columns), join(folder.partialPath, file));
      files.push({ loss, table, columns, file, rows });
    }
    const { directory, set } = ledger;
    await folder.write('restore.sql', restoreScript(files, { ...work, set, database, directory, at }));
    await folder.finish();
    const { path, remove } = folder;
    return {
      folder: path,
      remove,
      losses: files.map(({ loss, file }) => describeLoss(loss, join(path, file))),
    };
  } catch (error) {
    await folder?.remove().catch(() => undefined);
    throw error instanceof pg.DatabaseError ? error : backupFailedError(work, ledger.folder, error);
  }
}

function copySql(loss: Loss, columns: readonly string[]): string {
  return `copy (select ${columns.join(', ')} from ${rowsOf(loss)}) to stdout with (header)`;
}

/** All columns if rows are deleted. Otherwise the key and the value; without a key, all columns again. */
function columnsOf({ kind, column }: Loss, { columns, key }: TableDescription): readonly string[] {
  if (kind === 'table' || kind === 'rows' || column === null || key.length === 0) return columns;
  return [...new Set([...key, column])];
}

function folderName(at: Date, database: string, version: string): string {
  return `${toFileName(at.toISOString().slice(0, 19))}Z-${toFileName(database)}-${toFileName(version)}`;
}

function fileName({ table, column, label }: Loss): string {
  return toFileName([omitPublic(table), column, label].filter((part) => part !== null).join('.'));
}
