// @ts-check

/** The claim of the load, which is rolled back. */
const CLAIM = 'explain (analyze, buffers, format json) select * from voicesurvey.claim_calls(10)';

const DEAD_ROWS = `
  select n_dead_tup::integer as dead
  from unnest(array['public.contacts', 'public.call_attempts', 'voicesurvey.email_queue']::regclass[])
    with ordinality as measured (id, number)
  join pg_stat_user_tables on relid = id
  order by number`;

/**
 * What a minute of load has left behind.
 *
 * @param {import('pg').Client} client
 * @returns {Promise<string[]>} the buffers that a claim reads, without its checks at commit, and the dead rows of the tables
 */
export async function minuteOf(client) {
  await client.query('begin');
  const { rows } = await client.query(CLAIM);
  await client.query('rollback');
  const { Plan: plan } = rows[0]['QUERY PLAN'][0];
  const buffers = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
  const { rows: tables } = await client.query(DEAD_ROWS);
  return [buffers, ...tables.map(({ dead }) => dead)].map((number) => number.toLocaleString('en'));
}

/**
 * @param {import('pg').Client} client
 * @returns {Promise<string[][]>} of each table that the load writes: its autovacuum runs, its dead rows, and its size in MB
 */
export async function vacuumsOf(client) {
  const { rows } = await client.query(
    `select schemaname || '.' || relname as name, autovacuum_count::integer as runs, n_dead_tup::integer as dead,
       (pg_total_relation_size(relid) / 1024 / 1024)::integer as megabytes
     from pg_stat_user_tables
     where n_tup_ins + n_tup_upd + n_tup_del > 0 and schemaname in ('public', 'voicesurvey')
     order by megabytes desc, name`,
  );
  return rows.map(({ name, runs, dead, megabytes }) => [
    name,
    ...[runs, dead, megabytes].map((number) => number.toLocaleString('en')),
  ]);
}
