import { unquote } from '../../catalog/names.js';
import type pg from '../../postgres/driver/pg.js';
import type { Statement } from '../../sql/statements.js';
import type { ExistingTable, TablesByOid } from './read.js';

/** The rows of a table that exists before a file, read by a statement that adds a partition. */
export interface PartitionScan {
  readonly statement: Statement;
  readonly table: ExistingTable;
}

/** The tables of which a statement reads all rows, by the messages of the server. */
export interface FoundScans {
  /** The names of tables that the server verifies, without a schema. */
  readonly verified: ReadonlySet<string>;
  /** The names of default partitions whose checks show that they have no row of the new partition. */
  readonly proven: ReadonlySet<string>;
}

/** No table is read. */
export const NO_SCANS: FoundScans = { verified: new Set(), proven: new Set() };

const ADDS_PARTITION = /\battach\s+partition\b|\bpartition\s+of\b/i;

/** The server does not translate these messages, because it writes them only for a debug level. */
const VERIFIES = /^verifying table "(.*)"$/s;
const IS_PROVEN =
  /^updated partition constraint for default partition "(.*)" is implied by existing constraints$/s;

/**
 * Runs a statement in a transaction, and reads from the server's messages of level `debug1` which tables it verifies. Only a
 * statement that adds a partition is run with that level.
 */
export async function readScans(
  client: pg.Client,
  { sql }: Statement,
  run: () => Promise<void>,
): Promise<FoundScans> {
  if (!ADDS_PARTITION.test(sql)) {
    await run();
    return NO_SCANS;
  }
  const messages: string[] = [];
  const listen = ({ message = '' }: { readonly message?: string | undefined }): void => {
    messages.push(message);
  };
  const { rows } = await client.query<{ level: string }>(
    "select pg_catalog.current_setting('client_min_messages') as level",
  );
  client.on('notice', listen);
  try {
    await client.query('set local client_min_messages = debug1');
    await run();
    await client.query(`set local client_min_messages = ${rows[0]?.level ?? 'notice'}`);
  } finally {
    client.off('notice', listen);
  }
  return { verified: namesIn(messages, VERIFIES), proven: namesIn(messages, IS_PROVEN) };
}

function namesIn(messages: readonly string[], pattern: RegExp): ReadonlySet<string> {
  return new Set(messages.flatMap((message) => pattern.exec(message)?.[1] ?? []));
}

/** The tables that exist before the file and of which a statement reads all rows because of a new partition. */
export function scannedPartitions(
  statement: Statement,
  existing: TablesByOid,
  { verified, proven }: FoundScans,
): readonly PartitionScan[] {
  const parent = parentOf(statement);
  return [...existing.values()]
    .filter(({ name, defaultOf }) => {
      if (verified.has(name)) return true;
      // The server reports no verification of a default partition for a table that is created as a partition.
      return parent !== null && existing.get(defaultOf ?? '')?.name === parent && !proven.has(name);
    })
    .map((table) => ({ statement, table }));
}

const PARTITION_OF = /\bpartition\s+of\s+(?:[\w$]+\s*\.\s*)?("(?:[^"]|"")+"|[\w$\u0080-\uffff]+)/i;

/**
 * The name of the table of which a statement, or a `do` block, creates a partition, without its schema; null for other
 * statements.
 */
function parentOf({ node, sql }: Statement): string | null {
  if ('DoStmt' in node) {
    const name = PARTITION_OF.exec(sql)?.[1];
    return name === undefined ? null : unquote(name);
  }
  if (!('CreateStmt' in node) || node.CreateStmt.partbound === undefined) return null;
  const [parent] = node.CreateStmt.inhRelations ?? [];
  return parent !== undefined && 'RangeVar' in parent ? (parent.RangeVar.relname ?? null) : null;
}
