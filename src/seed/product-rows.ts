import { readMigrations } from '../migrate/files/read-folder.js';
import { readSourceFile } from '../migrate/files/source.js';
import type pg from '../postgres/pg.js';
import { migrationsDirectory, seedFile, thousandContactsFile } from './paths.js';

const FULL = 'select count(*) >= 1000 as full from public.contacts';

/** Lets rows in that nobody has lived through, where the role may do so; else the rules decide. */
const TRIGGERS_OFF = `do $triggers_off$
begin
  set local session_replication_role = replica;
exception
  when insufficient_privilege then null;
end
$triggers_off$`;

/** Whether a folder holds the product's own migrations: its first one is ours, whatever comes behind it. */
export async function isProduct(directory: string): Promise<boolean> {
  const [[first], [ours]] = await Promise.all([
    readMigrations(directory),
    readMigrations(migrationsDirectory),
  ]);
  return first?.up.source.checksum === ours?.up.source.checksum;
}

/**
 * Puts the seed and a campaign with a thousand made-up contacts, their calls, answers, events, e-mails and transcripts
 * into the product's tables, once: as soon as the tables are there. It is meant for databases that are thrown away.
 *
 * @param client a connection in pipeline mode, outside of any transaction
 * @returns `public.contacts` with the reason, in words, where the database has refused the rows; else nothing
 */
export async function addProductRows(client: pg.Client): Promise<ReadonlyMap<string, string>> {
  const isFull = await client.query<{ full: boolean }>(FULL).then(
    ({ rows }) => rows[0]?.full === true,
    // No tables yet.
    () => true,
  );
  if (isFull) return new Map();
  const [seed, contacts] = await Promise.all([
    readSourceFile(seedFile),
    readSourceFile(thousandContactsFile),
  ]);
  try {
    await client.query(`begin;\n${TRIGGERS_OFF};\n${seed.text};\n${contacts.text};\ncommit`);
    return new Map();
  } catch (error) {
    await client.query('rollback');
    return new Map([['public.contacts', error instanceof Error ? error.message : String(error)]]);
  }
}
