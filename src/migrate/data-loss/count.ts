import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/driver/pg.js';
import { queryRows, SYSTEM_NAMES_ONLY } from '../../postgres/driver/search-path.js';
import { isOfClass, sqlStateOf } from '../../postgres/errors/sql-states.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import { type CountedLoss, keyOf, type Loss } from './loss.js';

/**
 * The settings under which data is counted and written to files. The text of a value is the same for every role. A
 * row-level security policy that hides rows is an error, so that no row is missed.
 */
export const READ_SETTINGS = `set local row_security = off;
${SYSTEM_NAMES_ONLY};
set local quote_all_identifiers = off;
set local datestyle = 'ISO, YMD';
set local intervalstyle = postgres;
set local bytea_output = hex;
set local extra_float_digits = 1;
set local lc_monetary = 'C'`;

/**
 * Counts the data of losses, in a separate transaction that only reads. It locks nothing.
 *
 * @param lockTimeoutMs how long it waits for a table that another session has locked
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
${READ_SETTINGS}`);
    return await countLosses(client, await withExistingData(client, losses));
  } finally {
    await client.query('rollback').catch(() => undefined);
  }
}

/** The losses whose table and column exist now. The others belong to tables that an earlier step creates. */
export async function withExistingData<L extends Loss>(
  client: pg.Client,
  losses: readonly L[],
): Promise<readonly L[]> {
  if (losses.length === 0) return [];
  const asked = losses.map((loss) => ({ key: keyOf(loss), table: loss.table, column: loss.column }));
  const rows = await queryRows<{ key: string }>(
    client,
    `select key from pg_catalog.json_to_recordset(${pg.escapeLiteral(JSON.stringify(asked))}) as asked (key text, "table" text, "column" text)
     where pg_catalog.to_regclass("table") is not null
       and ("column" is null or exists (
         select from pg_catalog.pg_attribute
         where attrelid = pg_catalog.to_regclass("table")
           and pg_catalog.quote_ident(attname) = "column"
           and not attisdropped
       ))`,
  );
  const keys = new Set(rows.map(({ key }) => key));
  return losses.filter((loss) => keys.has(keyOf(loss)));
}

/**
 * Counts rows, values and uses, all in one query. It returns the losses with a count of at least one.
 *
 * The query fails if PostgreSQL cannot convert a value that an earlier statement of the file corrects, or if an earlier
 * statement creates the new type. Then all values of a column whose type changes are counted.
 *
 * @param client in a transaction
 * @param losses of tables that exist
 */
export async function countLosses<L extends Loss>(
  client: pg.Client,
  losses: readonly L[],
): Promise<readonly (L & CountedLoss)[]> {
  if (losses.every(({ newType }) => newType === null)) return countAll(client, losses);
  await client.query('savepoint before_count');
  try {
    return await countAll(client, losses);
  } catch (error) {
    if (!isConversionError(error)) throw error;
    await client.query('rollback to savepoint before_count');
    return countAll(
      client,
      losses.map((loss) => ({ ...loss, newType: null })),
    );
  }
}

function isConversionError(error: unknown): boolean {
  const sqlState = sqlStateOf(error) ?? '';
  return (
    isOfClass('dataException', sqlState) ||
    isOfClass('integrityConstraintViolation', sqlState) ||
    isOfClass('syntaxErrorOrAccessViolation', sqlState)
  );
}

async function countAll<L extends Loss>(
  client: pg.Client,
  losses: readonly L[],
): Promise<readonly (L & CountedLoss)[]> {
  if (losses.length === 0) return [];
  const counts = losses.map((loss, index) => `(${countSql(loss)}) as count_${index}`);
  const rows = await queryRows<Record<string, string>>(client, `select ${counts.join(',\n')}`);
  return losses
    .map((loss, index) => ({ ...loss, count: Number(rows[0]?.[`count_${index}`] ?? 0) }))
    .filter(({ count }) => count > 0);
}

function countSql(loss: Loss): string {
  if (loss.deleted !== null) return `select ${loss.deleted}`;
  return `select count(*) from ${rowsOf(loss)}`;
}

/** SQL of the rows that a loss affects: a table, with a condition if only some of its rows are affected. */
export function rowsOf({
  kind,
  table,
  isPartitioned,
  column,
  label,
  isArray,
  oldType,
  newType,
  timeZone,
}: Loss): string {
  if (kind === 'type' && newType !== null) {
    const readBack = readBackSql(`${column}`, `${oldType}`, newType, timeZone);
    return `${table} where cast(${readBack} as text) is distinct from cast(${column} as text)`;
  }
  if (kind === 'column' || kind === 'type') return `${table} where ${column} is not null`;
  if (kind === 'label') {
    const literal = `'${(label ?? '').replaceAll("'", "''")}'`;
    return `${table} where ${isArray ? `${literal} = any (${column})` : `${column} = ${literal}`}`;
  }
  return isPartitioned ? table : `only ${table}`;
}

/** SQL of a value of the old type, read back from the new one. A cast uses the time zone of this session, not that of the file. */
export function readBackSql(
  value: string,
  oldType: string,
  newType: string,
  timeZone: string | null,
): string {
  if (timeZone === null) return `cast(cast(${value} as ${newType}) as ${oldType})`;
  const inZone = (time: string): string => `(${time} at time zone ${pg.escapeLiteral(timeZone)})`;
  const converted = `cast(${inZone(value)} as ${newType})`;
  const isLocal = !newType.endsWith(' with time zone');
  return `cast(${inZone(isLocal ? `cast(${converted} as timestamp)` : converted)} as ${oldType})`;
}
