// @ts-check

/**
 * The disk that a database uses, and the WAL that its server has written, in bytes.
 *
 * @typedef {{ tables: number, indexes: number, wal: number }} DiskUse
 */

const MB = 1024 * 1024;

/**
 * @param {import('pg').Client} client
 * @returns {Promise<DiskUse>}
 */
export async function diskUse(client) {
  const { rows } = await client.query(
    `select sum(pg_table_size(oid))::float8 as tables, sum(pg_indexes_size(oid))::float8 as indexes,
       (pg_current_wal_insert_lsn() - '0/0')::float8 as wal
     from pg_class
     where relkind = 'r' and relnamespace::regnamespace::text in ('public', 'voicesurvey', 'voicesurvey_rules')`,
  );
  return rows[0];
}

/**
 * @param {DiskUse} before
 * @param {DiskUse} after
 * @param {number} calls how many calls were made between the two
 * @returns {string[][]} rows of a table
 */
export function growthRows(before, after, calls) {
  return /** @type {const} */ (['tables', 'indexes', 'wal']).map((part) => {
    const megabytes = (after[part] - before[part]) / MB;
    return [
      part === 'wal' ? 'WAL written' : part,
      `${megabytes.toFixed(0)} MB`,
      `${((megabytes / calls) * 1e6).toFixed(0)} MB`,
    ];
  });
}
