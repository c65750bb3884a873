// @ts-check
// The baseline: the shortest program over `pg` that applies a folder of SQL files, each of them once. It takes no lock
// and checks nothing. Round trips: log in, read the history, create it if it is missing, and one for each file.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

const [folder = '', url] = process.argv.slice(2);
const client = new pg.Client(url);
await client.connect();
const applied = await client.query('select name from public.history').then(
  ({ rows }) => new Set(rows.map(({ name }) => name)),
  () => null,
);
if (applied === null) await client.query('create table public.history (name text primary key)');
for (const name of (await readdir(folder)).sort()) {
  if (!name.endsWith('.up.sql') || applied?.has(name)) continue;
  await client.query(
    `${await readFile(join(folder, name), 'utf8')};\ninsert into public.history values ('${name}')`,
  );
}
await client.end();
