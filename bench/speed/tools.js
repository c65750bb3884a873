// @ts-check
// The tools that are measured: how each expects its migrations in a folder, and which process applies them. Each runs as
// its documentation shows, with its defaults. Only work that voicesurvey-db does not do is switched off.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A migration, before it is written in a tool's format.
 *
 * @typedef {object} Migration
 * @property {string} version four digits
 * @property {string} up
 * @property {string} down
 */

/**
 * A program that applies migrations.
 *
 * @typedef {object} Tool
 * @property {string} name
 * @property {boolean} [hasMoreRounds] whether it is timed in more rounds than other tools
 * @property {boolean} [hasNoHistory] whether it records no history, so cannot run when everything is applied
 * @property {boolean} [pipelines] whether it sends without waiting for answers, see proxy-server.js
 * @property {(folder: string, migrations: readonly Migration[]) => Promise<void>} writeMigrations writes the migrations
 *   in its format
 * @property {(folder: string, url: string) => import('./process.js').Command} command applies what is in the folder
 */

const resolvePath = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const node = process.execPath;

/**
 * Writes the files of each migration.
 *
 * @param {string} folder
 * @param {readonly Migration[]} migrations
 * @param {(migration: Migration) => Record<string, string>} files from a file's name to its text
 */
async function writeFiles(folder, migrations, files) {
  await mkdir(folder, { recursive: true });
  for (const migration of migrations) {
    for (const [name, text] of Object.entries(files(migration))) await writeFile(join(folder, name), text);
  }
}

/** @type {Tool['writeMigrations']} */
function writeUpAndDown(folder, migrations) {
  return writeFiles(folder, migrations, ({ version, up, down }) => ({
    [`V${version}.up.sql`]: up,
    [`V${version}.down.sql`]: down,
  }));
}

/** @type {Tool} */
export const baseline = {
  name: 'baseline',
  writeMigrations: writeUpAndDown,
  command: (folder, url) => ({ file: node, args: [resolvePath('./programs/baseline.js'), folder, url] }),
};

/** @type {Tool} */
export const sqlOnly = {
  name: 'SQL only, as one query',
  hasMoreRounds: true,
  hasNoHistory: true,
  writeMigrations: writeUpAndDown,
  command: (folder, url) => ({ file: node, args: [resolvePath('./programs/sql-only.js'), folder, url] }),
};

/**
 * The two ways to use voicesurvey-db: the command, and the library in a program.
 *
 * @param {string} packageFolder the folder of the installed package
 * @returns {Tool[]}
 */
export function voicesurveyTools(packageFolder) {
  return [
    {
      name: 'voicesurvey-db up',
      hasMoreRounds: true,
      pipelines: true,
      writeMigrations: writeUpAndDown,
      command: (folder, url) => ({
        file: node,
        args: [join(packageFolder, 'bin/voicesurvey-db'), 'up', '--dir', folder],
        env: { DATABASE_URL: url },
      }),
    },
    {
      name: 'voicesurvey-db as a library',
      hasMoreRounds: true,
      pipelines: true,
      writeMigrations: writeUpAndDown,
      command: (folder, url) => ({
        file: node,
        args: [resolvePath('./programs/library.js'), join(packageFolder, 'dist/index.js'), folder, url],
      }),
    },
  ];
}

/**
 * Resets the search path after each file. The product's files set it; `voicesurvey-db` resets it, and the other tools do
 * not find their history while it is set.
 *
 * @param {Tool} tool
 * @returns {Tool}
 */
function withSearchPathReset(tool) {
  const reset = (/** @type {string} */ sql) => `${sql}\nreset search_path;\n`;
  return {
    ...tool,
    writeMigrations: (folder, migrations) =>
      tool.writeMigrations(
        folder,
        migrations.map(({ version, up, down }) => ({ version, up: reset(up), down: reset(down) })),
      ),
  };
}

const dbmateBinary = resolvePath(`../node_modules/@dbmate/${process.platform}-${process.arch}/bin/dbmate`);

/** @type {Tool[]} */
const dbmate = [
  {
    name: 'dbmate (Go)',
    writeMigrations: (folder, migrations) =>
      writeFiles(folder, migrations, ({ version, up, down }) => ({
        [`${version}_bench.sql`]: `-- migrate:up\n${up}\n-- migrate:down\n${down}\n`,
      })),
    command: (folder, url) => ({
      file: dbmateBinary,
      // "migrate" rather than "up", which also checks for the database and creates it. No dump of the schema by pg_dump.
      args: ['--migrations-dir', folder, '--no-dump-schema', 'migrate'],
      env: { DATABASE_URL: url },
    }),
  },
];

/** @type {Tool[]} */
export const otherToolsAsDocumented = [
  ...(existsSync(dbmateBinary) ? dbmate : []),
  {
    name: 'node-pg-migrate',
    writeMigrations: (folder, migrations) =>
      writeFiles(folder, migrations, ({ version, up, down }) => ({
        [`${version}_bench.sql`]: `-- Up Migration\n${up}\n-- Down Migration\n${down}\n`,
      })),
    command: (folder, url) => ({
      file: node,
      args: [
        resolvePath('../node_modules/node-pg-migrate/bin/node-pg-migrate.js'),
        'up',
        '--migrations-dir',
        folder,
      ],
      env: { DATABASE_URL: url },
    }),
  },
  {
    name: 'graphile-migrate',
    writeMigrations: async (folder, migrations) => {
      await mkdir(join(folder, 'migrations/committed'), { recursive: true });
      await writeFile(join(folder, '.gmrc'), '{}');
      let previous = '';
      await writeFiles(join(folder, 'migrations/committed'), migrations, ({ version, up }) => {
        const hash = `sha1:${createHash('sha1')
          .update(`${`${previous}\n${up.trim()}`.trim()}\n`)
          .digest('hex')}`;
        const text = `--! Previous: ${previous || '-'}\n--! Hash: ${hash}\n\n${up.trim()}\n`;
        previous = hash;
        return { [`00${version}.sql`]: text };
      });
    },
    command: (folder, url) => ({
      file: node,
      args: [resolvePath('../node_modules/graphile-migrate/dist/cli.js'), 'migrate'],
      env: { DATABASE_URL: url },
      cwd: folder,
    }),
  },
  {
    name: 'kysely',
    writeMigrations: (folder, migrations) =>
      writeFiles(folder, migrations, ({ version, up, down }) => ({
        [`${version}_bench.mjs`]: `import { sql } from 'kysely';
export const up = (db) => sql.raw(${JSON.stringify(up)}).execute(db);
export const down = (db) => sql.raw(${JSON.stringify(down)}).execute(db);
`,
      })),
    command: (folder, url) => ({ file: node, args: [resolvePath('./programs/kysely.js'), folder, url] }),
  },
];

export const otherTools = otherToolsAsDocumented.map(withSearchPathReset);
