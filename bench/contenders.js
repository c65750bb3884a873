// @ts-check
// Who is measured: how each lays its migrations into a folder, and which process applies them. Each is used as its own
// documentation has it, with its defaults; only what would be other work than ours is switched off.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A migration, whatever the tool.
 *
 * @typedef {object} Migration
 * @property {string} version four digits
 * @property {string} up
 * @property {string} down
 */

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {boolean} [moreRounds] measured with more rounds
 * @property {boolean} [hasNoHistory] not measured where everything is applied already
 * @property {boolean} [pipelines] sends without waiting for answers, see proxy.js
 * @property {(folder: string, migrations: readonly Migration[]) => Promise<void>} write
 * @property {(folder: string, url: string) => import('./measure.js').Command} command
 */

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const node = process.execPath;

/**
 * Writes a file for each migration.
 *
 * @param {string} folder
 * @param {readonly Migration[]} migrations
 * @param {(migration: Migration) => Record<string, string>} files their texts by their names
 */
async function writeEach(folder, migrations, files) {
  await mkdir(folder, { recursive: true });
  for (const migration of migrations) {
    for (const [name, text] of Object.entries(files(migration))) await writeFile(join(folder, name), text);
  }
}

/** @type {Contender['write']} */
function writePairs(folder, migrations) {
  return writeEach(folder, migrations, ({ version, up, down }) => ({
    [`V${version}.up.sql`]: up,
    [`V${version}.down.sql`]: down,
  }));
}

/** @type {Contender} */
export const floor = {
  name: 'floor',
  write: writePairs,
  command: (folder, url) => ({ file: node, args: [here('./floor.js'), folder, url] }),
};

/** @type {Contender} */
export const sqlAlone = {
  name: 'the SQL alone, as one query',
  moreRounds: true,
  hasNoHistory: true,
  write: writePairs,
  command: (folder, url) => ({ file: node, args: [here('./alone.js'), folder, url] }),
};

/**
 * Ours, as its two users have it: the operator's command, and a program that calls the library.
 *
 * @param {string} ours the folder of the package as it is installed
 * @returns {Contender[]}
 */
export function ourContenders(ours) {
  return [
    {
      name: 'voicesurvey-db up',
      moreRounds: true,
      pipelines: true,
      write: writePairs,
      command: (folder, url) => ({
        file: node,
        args: [join(ours, 'bin/voicesurvey-db'), 'up', '--dir', folder],
        env: { DATABASE_URL: url },
      }),
    },
    {
      name: 'voicesurvey-db, called by a program',
      moreRounds: true,
      pipelines: true,
      write: writePairs,
      command: (folder, url) => ({
        file: node,
        args: [here('./library.js'), join(ours, 'dist/index.js'), folder, url],
      }),
    },
  ];
}

const dbmateBinary = here(`./node_modules/@dbmate/${process.platform}-${process.arch}/bin/dbmate`);

/** @type {Contender[]} */
const dbmate = [
  {
    name: 'dbmate (Go)',
    write: (folder, migrations) =>
      writeEach(folder, migrations, ({ version, up, down }) => ({
        [`${version}_bench.sql`]: `-- migrate:up\n${up}\n-- migrate:down\n${down}\n`,
      })),
    command: (folder, url) => ({
      file: dbmateBinary,
      // Neither the creation of the database, for which "up" looks first, nor the dump of the schema by pg_dump behind it.
      args: ['--migrations-dir', folder, '--no-dump-schema', 'migrate'],
      env: { DATABASE_URL: url },
    }),
  },
];

/** @type {Contender[]} */
export const peers = [
  ...(existsSync(dbmateBinary) ? dbmate : []),
  {
    name: 'node-pg-migrate',
    write: (folder, migrations) =>
      writeEach(folder, migrations, ({ version, up, down }) => ({
        [`${version}_bench.sql`]: `-- Up Migration\n${up}\n-- Down Migration\n${down}\n`,
      })),
    command: (folder, url) => ({
      file: node,
      args: [here('./node_modules/node-pg-migrate/bin/node-pg-migrate.js'), 'up', '--migrations-dir', folder],
      env: { DATABASE_URL: url },
    }),
  },
  {
    name: 'graphile-migrate',
    write: async (folder, migrations) => {
      await mkdir(join(folder, 'migrations/committed'), { recursive: true });
      await writeFile(join(folder, '.gmrc'), '{}');
      let previous = '';
      await writeEach(join(folder, 'migrations/committed'), migrations, ({ version, up }) => {
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
      args: [here('./node_modules/graphile-migrate/dist/cli.js'), 'migrate'],
      env: { DATABASE_URL: url },
      cwd: folder,
    }),
  },
  {
    name: 'kysely',
    write: (folder, migrations) =>
      writeEach(folder, migrations, ({ version, up, down }) => ({
        [`${version}_bench.mjs`]: `import { sql } from 'kysely';
export const up = (db) => sql.raw(${JSON.stringify(up)}).execute(db);
export const down = (db) => sql.raw(${JSON.stringify(down)}).execute(db);
`,
      })),
    command: (folder, url) => ({ file: node, args: [here('./kysely.js'), folder, url] }),
  },
];
