import { randomBytes } from 'node:crypto';
import { withDatabase } from '../migrate/database.js';
import { refuseForeignSchema } from '../migrate/foreign-schema.js';
import { up } from '../migrate/up.js';
import { createDatabase } from '../postgres/create-database.js';
import { queryRows } from '../postgres/driver/search-path.js';
import { RefusedError } from '../postgres/errors/explained-error.js';
import { createThrowawayDatabase, withDatabaseParameter } from '../postgres/throwaway-database.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import { migrationsDirectory } from '../seed/paths.js';
import { productObjects } from '../seed/product-objects.js';
import { option, remedy } from '../text/remedy.js';

/** The database of a rehearsal. */
export interface RehearsalDatabase {
  readonly url: string;
  readonly name: string;
  /** Drops it, if it is to be dropped. */
  end(): Promise<void>;
}

/** How {@link openDatabase} gets a database. */
export interface DatabaseOptions {
  readonly url: string;
  readonly keep: boolean;
  readonly here: boolean;
  readonly signal: AbortSignal;
}

/** Creates a database with the schema, or takes that of the address if it has no rows. */
export async function openDatabase(options: DatabaseOptions): Promise<RehearsalDatabase> {
  const { url, signal } = options;
  if (options.here) {
    await refuseRows(url, signal);
    await up({ url, directory: migrationsDirectory, signal });
    return { url, name: parseDatabaseUrl(url).database, end: async () => {} };
  }
  const database = options.keep
    ? await createKeptDatabase(url, signal)
    : await createOwnDatabase(url, signal);
  try {
    await up({ url: database.url, directory: migrationsDirectory, signal });
    return database;
  } catch (error) {
    await database.end();
    throw error;
  }
}

async function createOwnDatabase(url: string, signal: AbortSignal): Promise<RehearsalDatabase> {
  const { url: own, target, drop } = await createThrowawayDatabase(url, signal, { isDurable: true });
  return { url: own, name: target.database, end: drop };
}

/** A kept database has another name than a throw-away one, so that no later command drops it. */
async function createKeptDatabase(url: string, signal: AbortSignal): Promise<RehearsalDatabase> {
  const name = `voicesurvey_rehearsal_${Math.floor(Date.now() / 1000)}_${randomBytes(3).toString('hex')}`;
  await createDatabase({ ...parseDatabaseUrl(url), database: name }, { signal });
  return { url: withDatabaseParameter(url, name), name, end: async () => {} };
}

const TABLES = ['users', 'campaigns', 'contacts', 'provider_configs', 'exclusion_list_entries'];

async function refuseRows(url: string, signal: AbortSignal): Promise<void> {
  await withDatabase({ url, signal }, async ({ connection: { client } }) => {
    await refuseForeignSchema(client, productObjects);
    for (const table of TABLES) {
      const [row] = await queryRows<{ found: boolean }>(
        client,
        `select to_regclass('public.${table}') is not null as found`,
      );
      if (row?.found !== true) continue;
      const [first] = await queryRows<object>(client, `select from public.${table} limit 1`);
      if (first !== undefined) throw hasRows(parseDatabaseUrl(url).database, table);
    }
  });
}

function hasRows(database: string, table: string): RefusedError {
  return new RefusedError(
    'database_has_rows',
    `The database ${database} has rows, for example in ${table}. A rehearsal would call its contacts and send its e-mails.`,
    { remedy: remedy`Remove ${option('here')}: the rehearsal then creates a separate database.` },
  );
}
