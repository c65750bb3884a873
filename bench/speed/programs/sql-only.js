// @ts-check
// Sends the SQL of a folder and nothing else, as one query and so in one transaction. This is the least that PostgreSQL
// and Node.js need for that SQL. It records no history, so it cannot run twice on a database.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

const [folder = '', url] = process.argv.slice(2);
const names = (await readdir(folder)).filter((name) => name.endsWith('.up.sql')).sort();
const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
const client = new pg.Client(url);
await client.connect();
await client.query(texts.join(';\n'));
await client.end();
