import { hash } from 'node:crypto';
import { readMigrations } from '../migrate/files/read-folder.js';
import { readSourceFile } from '../migrate/files/source.js';
import { packageVersion } from '../postgres/connection/application-name.js';
import { createDatabase } from '../postgres/create-database.js';
import pg from '../postgres/driver/pg.js';
import { queryRows } from '../postgres/driver/search-path.js';
import { migrationsDirectory, seedFile } from '../seed/paths.js';
import { withDatabaseName } from './address.js';
import { newDatabaseName, OWNER_LOCK } from './names.js';
import type { TestServer } from './server.js';

/** The migrated database that test databases are copied from. */
export interface Template {
  readonly name: string;
  readonly isSeeded: boolean;
}

const PREFIX = 'voicesurvey_template_';

/** Templates of other states of the migrations, such as those of another branch, that were built a week ago. */
const OLD_TEMPLATES = `select datname as name
from pg_database
where datname ~ '^${PREFIX}[0-9a-f]{16}$'
  and pg_has_role(datdba, 'member')
  and substring(shobj_description(oid, 'pg_database') from '[0-9-]{10}T[0-9:.]+Z')::timestamptz < now() - interval '7 days'`;

/**
 * Describes the template of the current migrations. Its name is a checksum of all that it is made from, so that every process
 * with the same migrations uses the same template. The role is part of it, since it owns the objects.
 */
export async function describeTemplate(isSeeded: boolean, role: string): Promise<Template> {
  sources ??= readSources();
  const { migrations, seed } = await sources;
  const state = [packageVersion, role, migrations, isSeeded ? seed : 'no seed'].join('\n');
  return { name: `${PREFIX}${hash('sha256', state).slice(0, 16)}`, isSeeded };
}

/** Read once for each process: concurrent tests would wait for the files longer than for the copy. */
let sources: ReturnType<typeof readSources> | undefined;

async function readSources(): Promise<{ readonly migrations: string; readonly seed: string }> {
  const migrations = await readMigrations(migrationsDirectory);
  const lines = migrations.map(({ name, up }) => `${name} ${up.source.checksum}`);
  return { migrations: lines.join('\n'), seed: (await readSourceFile(seedFile)).checksum };
}

/**
 * Builds a template, unless it exists. One process builds it, others that need it wait. It gets its name last, so it is
 * complete if it exists, and no session can connect to it, since a database is copied only while no session uses it.
 *
 * @param url any database of the server
 */
export function buildTemplate(server: TestServer, { name, isSeeded }: Template, url: string): Promise<void> {
  const lock = `${OWNER_LOCK}, -${Number.parseInt(name.slice(PREFIX.length, PREFIX.length + 7), 16) + 1}`;
  return server.run(async (client) => {
    await client.query(`select pg_catalog.pg_advisory_lock(${lock})`);
    try {
      const [row] = await queryRows<{ found: boolean }>(
        client,
        `select exists (select from pg_database where datname = '${name}') as found`,
      );
      if (row?.found === true) return;
      // A killed process leaves a test database, which the next one drops.
      const unfinished = newDatabaseName(server.owner);
      await createDatabase({ ...server.target, database: unfinished }, { isThrowaway: true });
      const [{ up }, { seed }] = await Promise.all([import('../migrate/up.js'), import('../seed/seed.js')]);
      const unfinishedUrl = withDatabaseName(url, unfinished);
      await up({ url: unfinishedUrl, directory: migrationsDirectory });
      if (isSeeded) await seed({ url: unfinishedUrl });
      await finish(client, unfinished, name);
      await dropOldTemplates(client);
    } finally {
      await client.query(`select pg_catalog.pg_advisory_unlock(${lock})`);
    }
  });
}

async function finish(client: pg.Client, unfinished: string, name: string): Promise<void> {
  const comment = `Template of voicesurvey-db for test databases, built at ${new Date().toISOString()}.`;
  await client.query(`comment on database ${unfinished} is '${comment}'`);
  await client.query(`alter database ${unfinished} with is_template true allow_connections false`);
  await client.query(`alter database ${unfinished} rename to ${name}`);
}

async function dropOldTemplates(client: pg.Client): Promise<void> {
  for (const { name } of await queryRows<{ name: string }>(client, OLD_TEMPLATES)) {
    await client.query(`alter database ${pg.escapeIdentifier(name)} with is_template false`).catch(() => {});
    await client.query(`drop database if exists ${pg.escapeIdentifier(name)}`).catch(() => {});
  }
}
