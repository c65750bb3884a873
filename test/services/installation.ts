import pg from 'pg';
import { up } from '../../src/migrate/up.js';
import { createRoles } from '../../src/seed/create-roles.js';
import { migrationsDirectory } from '../../src/seed/paths.js';
import type { startTestServer } from '../support/server.js';

/** A database of the product on a server of its own. */
export interface Installation {
  /** The address for the owner, a superuser. */
  readonly url: string;
  /** A connection as the owner. */
  readonly client: pg.Client;
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** The only value of a query. */
  value(sql: string): Promise<unknown>;
  /** The address for a service, which logs in with a role of its own. */
  urlOf(service: string): string;
}

/** The roles of docs/services.md that each service of the examples is a member of. */
const ROLES = {
  import: 'voicesurvey_importer, voicesurvey_manager',
  dialer: 'voicesurvey_caller',
  webhooks: 'voicesurvey_caller',
  mailer: 'voicesurvey_mailer',
  consumer: 'voicesurvey_mailer',
  jobs: 'voicesurvey_caller, voicesurvey_manager',
};

/** Starts a server, because roles belong to a whole server, with the schema and a login for each service; stops it afterwards. */
export async function withInstallation(
  startServer: typeof startTestServer,
  use: (installation: Installation) => Promise<void>,
): Promise<void> {
  const { url, stop } = await startServer({});
  const client = new pg.Client({ connectionString: url });
  const urlOf = (service: string): string => {
    const address = new URL(url);
    [address.username, address.password] = [service, 'secret'];
    return address.href;
  };
  try {
    await client.connect();
    await up({ url, directory: migrationsDirectory });
    await createRoles({ url });
    for (const [service, roles] of Object.entries(ROLES))
      await client.query(`create role "${service}" login password 'secret' in role ${roles}`);
    const rows = async (sql: string): Promise<Record<string, unknown>[]> => (await client.query(sql)).rows;
    const value = async (sql: string): Promise<unknown> => Object.values((await rows(sql))[0] ?? {})[0];
    await use({ url, client, rows, value, urlOf });
  } finally {
    await client.end();
    await stop();
  }
}
