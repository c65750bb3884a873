import { readMigrations } from '../migrate/files/read-folder.js';
import { readSourceFile } from '../migrate/files/source.js';
import type pg from '../postgres/driver/pg.js';
import { queryRows, SYSTEM_NAMES_ONLY } from '../postgres/driver/search-path.js';
import { migrationsDirectory, seedFile, thousandContactsFile } from './paths.js';

const HAS_ROWS = 'select count(*) >= 1000 as "hasRows" from public.contacts';

/** Disables the triggers, if the role may do so: the rows have not gone through the states that the rules require. */
const TRIGGERS_OFF = `do $triggers_off$
begin
  set local session_replication_role = replica;
exception
  when insufficient_privilege then null;
end
$triggers_off$`;

/** Whether a folder holds the product's migrations. Only its first migration is compared. */
export async function isProductFolder(directory: string): Promise<boolean> {
  const [[first], [productFirst]] = await Promise.all([
    readMigrations(directory),
    readMigrations(migrationsDirectory),
  ]);
  return first?.up.source.checksum === productFirst?.up.source.checksum;
}

/**
 * Adds the seed and a campaign with a thousand synthetic contacts, their calls, answers, events, e-mails and transcripts
 * to the product's tables. It adds nothing if the tables do not exist yet or have the rows. Use it only in throwaway
 * databases.
 *
 * @param client a connection in pipeline mode, outside of any transaction
 * @returns `public.contacts` with the reason, if the database refuses the rows; an empty map otherwise
 */
export async function addProductRows(client: pg.Client): Promise<ReadonlyMap<string, string>> {
  const needsRows = await queryRows<{ hasRows: boolean }>(client, HAS_ROWS).then(
    ([row]) => row?.hasRows === false,
    // The table does not exist yet.
    () => false,
  );
  if (!needsRows) return new Map();
  const [seed, contacts] = await Promise.all([
    readSourceFile(seedFile),
    readSourceFile(thousandContactsFile),
  ]);
  try {
    await client.query(
      `begin;\n${SYSTEM_NAMES_ONLY};\n${TRIGGERS_OFF};\n${seed.text};\n${contacts.text};\ncommit`,
    );
    return new Map();
  } catch (error) {
    await client.query('rollback');
    return new Map([['public.contacts', error instanceof Error ? error.message : String(error)]]);
  }
}
