// @ts-check
// The tools that are compared: the files and the commands of speed/tools.js, and what else a question needs.
import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { otherToolsAsDocumented, voicesurveyTools } from '../speed/tools.js';

/** @typedef {import('../speed/tools.js').Migration} Migration */
/** @typedef {import('../speed/process.js').Command} Command */

/**
 * A tool and its answers to what a question asks for.
 *
 * @typedef {object} Tool
 * @property {string} name
 * @property {string} version
 * @property {(folder: string, migrations: readonly Migration[]) => Promise<void>} writeMigrations
 * @property {(folder: string, url: string) => Command} up
 * @property {(folder: string, url: string) => Command} [down] rolls back one migration; undefined if the tool cannot
 * @property {(folder: string, url: string) => Command} [dryRun] prints the SQL that `up` would run
 * @property {(folder: string, url: string) => Command} [status] reports what is pending
 * @property {(folder: string, url: string) => Command} [drift] reports what was changed outside of migrations
 * @property {(folder: string, url: string) => Command} [upWithoutTransaction] instead of `up`, if a file cannot ask for it
 * @property {(migration: Migration, folder: string) => Promise<void>} writeWithoutTransaction adds one migration that does
 *   not run in a transaction
 * @property {(name: string) => string} otherName the name of another file of the same version
 */

const node = process.execPath;
const resolvePath = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @param {string} name of a package that is installed for the benchmarks */
function versionOf(name) {
  return JSON.parse(readFileSync(resolvePath(`../node_modules/${name}/package.json`), 'utf8')).version;
}

/**
 * The tools, ours first.
 *
 * @param {string} packageFolder the folder of the installed voicesurvey-db
 * @returns {Tool[]}
 */
export function toolsToCompare(packageFolder) {
  const [ours] = voicesurveyTools(packageFolder);
  if (ours === undefined) throw new TypeError('voicesurveyTools returned no tool.');
  const others = otherToolsAsDocumented.flatMap((tool) => {
    const add = ADDITIONS[tool.name];
    const { command: up, writeMigrations } = tool;
    return add === undefined ? [] : [{ up, writeMigrations, ...add({ ...tool, up }) }];
  });
  const program = join(packageFolder, 'bin/voicesurvey-db');
  const ourCommand = (/** @type {string[]} */ ...words) => {
    return (/** @type {string} */ folder, /** @type {string} */ url) => ({
      file: node,
      args: [program, ...words, '--dir', folder],
      env: { DATABASE_URL: url },
      cwd: folder,
    });
  };
  return [
    {
      name: 'voicesurvey-db',
      version: JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version,
      writeMigrations: ours.writeMigrations,
      up: ourCommand('up'),
      down: ourCommand('down'),
      dryRun: ourCommand('up', '--dry-run'),
      status: ourCommand('status'),
      drift: ourCommand('verify'),
      writeWithoutTransaction: ({ version, up, down }, folder) =>
        ours.writeMigrations(folder, [
          { version, up: `-- migrate: no-transaction\n${up}`, down: `-- migrate: no-transaction\n${down}` },
        ]),
      otherName: (name) => name.replace('.', '.other.'),
    },
    ...others,
  ];
}

/**
 * @typedef {Pick<Tool, 'writeMigrations' | 'up'>} Base
 * @type {Readonly<Record<string, (base: Base) => Omit<Tool, 'writeMigrations' | 'up'>>>}
 */
const ADDITIONS = {
  'graphile-migrate': ({ up, writeMigrations }) => ({
    name: 'graphile-migrate',
    version: versionOf('graphile-migrate'),
    status: (folder, url) => {
      const command = withLastWord(up(folder, url), 'status');
      // It asks for the address of the second database of a developer, and does not use it.
      return { ...command, env: { ...command.env, SHADOW_DATABASE_URL: url.replace('?', '_shadow?') } };
    },
    writeWithoutTransaction: (migration, folder) =>
      writeMigrations(folder, [{ ...migration, up: `--! no-transaction\n${migration.up}` }]),
    otherName: (name) => name.replace('.sql', '-other.sql'),
  }),
  'node-pg-migrate': ({ up }) => ({
    name: 'node-pg-migrate',
    version: versionOf('node-pg-migrate'),
    down: (folder, url) => replaceWord(up(folder, url), 'up', 'down'),
    dryRun: (folder, url) => withLastWord(up(folder, url), '--dry-run'),
    // Only a migration in JavaScript or TypeScript can ask for it.
    writeWithoutTransaction: ({ version, up: sql }, folder) =>
      writeFile(
        join(folder, `${version}_bench.js`),
        `exports.up = (pgm) => { pgm.noTransaction(); pgm.sql(${JSON.stringify(sql)}); };\nexports.down = false;\n`,
      ),
    otherName: (name) => name.replace('_bench', '_other'),
  }),
  kysely: ({ writeMigrations }) => {
    const program =
      (/** @type {string[]} */ ...words) =>
      (/** @type {string} */ folder, /** @type {string} */ url) => ({
        file: node,
        args: [resolvePath('./kysely.js'), folder, url, ...words],
      });
    return {
      name: 'kysely',
      version: versionOf('kysely'),
      up: program('up'),
      down: program('down'),
      // An option of the whole run.
      upWithoutTransaction: program('up', 'no-transaction'),
      writeWithoutTransaction: (migration, folder) => writeMigrations(folder, [migration]),
      otherName: (name) => name.replace('_bench', '_other'),
    };
  },
  'dbmate (Go)': ({ up, writeMigrations }) => ({
    name: 'dbmate',
    version: versionOf(`@dbmate/${process.platform}-${process.arch}`),
    down: (folder, url) => replaceWord(up(folder, url), 'migrate', 'rollback'),
    status: (folder, url) => withLastWord(replaceWord(up(folder, url), 'migrate', 'status'), '--exit-code'),
    writeWithoutTransaction: async (migration, folder) => {
      await writeMigrations(folder, [migration]);
      await editFile(folder, migration.version, (text) =>
        text.replace('-- migrate:up', '-- migrate:up transaction:false'),
      );
    },
    otherName: (name) => name.replace('_bench', '_other'),
  }),
};

/**
 * @param {Command} command
 * @param {string} word
 * @returns {Command} the same with another word at its end, in place of the subcommand if it is one
 */
function withLastWord(command, word) {
  const args = command.args.filter((one) => one !== 'migrate' || word.startsWith('--'));
  return { ...command, args: [...args, word] };
}

/**
 * @param {Command} command
 * @param {string} before
 * @param {string} after
 * @returns {Command}
 */
function replaceWord(command, before, after) {
  return { ...command, args: command.args.map((one) => (one === before ? after : one)) };
}

/**
 * The file of a version, wherever the tool put it.
 *
 * @param {string} folder
 * @param {string} version
 */
export async function fileOf(folder, version) {
  const names = await readdir(folder, { recursive: true });
  const name = names.find((one) => one.includes(version) && !/\.down\.sql$/.test(one));
  if (name === undefined) throw new Error(`No file of ${version} in ${folder}.`);
  return join(folder, name);
}

/**
 * Edits the file of a version.
 *
 * @param {string} folder
 * @param {string} version
 * @param {(text: string) => string} edit
 */
export async function editFile(folder, version, edit) {
  const path = await fileOf(folder, version);
  await writeFile(path, edit(readFileSync(path, 'utf8')));
}
