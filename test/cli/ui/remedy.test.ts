import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.js';
import { PROGRAM } from '../../../src/cli/ui/program-name.js';
import { COMMAND_OF_CALL, commandLineRemedy, FLAG_OF_OPTION } from '../../../src/cli/ui/remedy.js';
import { call, option, REMEDY_CALLS, REMEDY_OPTIONS, remedy } from '../../../src/text/remedy.js';
import { repository, runCli, runJson, runProgram } from '../../support/cli.js';
import { test } from '../../support/database.js';
import { addFiles, folderWith } from '../../support/folder.js';

const DOWN = { 'V0001.down.sql': 'drop table one;' };

/** The flags of a command, and what its help calls their values. */
async function flagsOf(name: string): Promise<readonly string[]> {
  return (await COMMANDS[name]?.())?.options.map(({ flags }) => flags) ?? [];
}

/** An option as the help of a command writes it. */
function flagOf(name: keyof typeof FLAG_OF_OPTION): string {
  const flag = FLAG_OF_OPTION[name];
  if (typeof flag === 'string') throw new Error(`${name} is no flag`);
  return flag.value === undefined ? flag.flag : `${flag.flag} ${flag.value}`;
}

describe('a remedy on the command line', () => {
  test.for(
    Object.keys(REMEDY_CALLS) as (keyof typeof REMEDY_CALLS)[],
  )('that calls %s names a command with arguments and flags that it has', async (name) => {
    const form = COMMAND_OF_CALL[name];
    const operands = (await COMMANDS[form.name]?.())?.registeredArguments ?? [];
    const flagsOfCommand = await flagsOf(form.name);
    expect(operands.map((operand) => operand.name())).toEqual(form.arguments);
    const flags = REMEDY_CALLS[name].filter((one) => !(form.arguments as readonly string[]).includes(one));
    expect(flagsOfCommand).toEqual(expect.arrayContaining(flags.map(flagOf)));
    expect(flagsOfCommand.includes(flagOf('directory'))).toBe(form.takesFolder);
  });

  test.for(
    REMEDY_OPTIONS.filter((name) => name !== 'url'),
  )('that names the option %s names a flag that some command has', async (name) => {
    const flags = await Promise.all(Object.keys(COMMANDS).map(flagsOf));
    expect(flags.flat()).toContain(flagOf(name));
  });

  test('prints a complete command: the program, the options that the user gave, and quoted values', () => {
    const given = new Map([
      ['--dir', ['--dir', "'./our sql'"]],
      ['--embedded', ['--embedded']],
      ['--to', ['--to', '7']],
      ['--json', ['--json']],
    ]);
    const parts = remedy`Run ${call('up', { allowOutOfOrder: true })} or ${call('repair', { version: 'V3', reason: '<why>' })}.`;
    expect(commandLineRemedy(parts, { command: 'up', given })).toBe(
      `Run \`${PROGRAM} up --dir './our sql' --embedded --to 7 --allow-out-of-order\` or ` +
        `\`${PROGRAM} repair V3 --dir './our sql' --embedded --reason '<why>'\`.`,
    );
    expect(commandLineRemedy(parts, { command: 'status' })).toBe(
      `Run \`${PROGRAM} up --allow-out-of-order\` or \`${PROGRAM} repair V3 --reason '<why>'\`.`,
    );
  });

  test('names an option as a flag, with its value or what the help calls it', () => {
    const parts = remedy`Use ${option('lockWaitMs')}, ${option('lose', ['a', 'b c'])}, ${option('statementTimeoutMs', 1500)} and ${option('acceptDifferences')} on ${option('url')}.`;
    expect(commandLineRemedy(parts, { command: 'down' })).toBe(
      "Use `--lock-wait <seconds>`, `--lose a --lose 'b c'`, `--statement-timeout 1.5` and `--accept-differences` on DATABASE_URL.",
    );
  });

  test('never adds --dry-run to a command that creates the database, because a dry run creates none', () => {
    const given = new Map([['--dry-run', ['--dry-run']]]);
    const parts = [call('up', { create: true }), ' ', call('up', { allowOutOfOrder: true })];
    expect(commandLineRemedy(parts, { command: 'up', given })).toBe(
      `\`${PROGRAM} up --create\` \`${PROGRAM} up --dry-run --allow-out-of-order\``,
    );
  });
});

describe('a command that a failure advises', () => {
  test('has the folder that the user gave, and a shell runs it as it is', async ({ database: { url } }) => {
    const folder = await folderWith();
    const dir = join(folder, "it's ours");
    const env = { DATABASE_URL: url };
    await mkdir(dir);
    await addFiles(dir, { ...DOWN, 'V0001.up.sql': 'create table one (id integer);' });
    expect(await runCli(['up', '--dir', dir], { env })).toMatchObject({ code: 0 });
    await addFiles(dir, { 'V0001.up.sql': '-- one\ncreate table one (id integer);' });
    const { document, code } = await runJson(['up', '--dir', dir], { env });
    expect(code).toBe(1);
    const { remedy } = document.error as { remedy: string };
    const advised = /`voicesurvey-db (repair [^`]*)`/.exec(remedy)?.[1] ?? '';
    expect(advised).toContain(" V0001 --dir '");
    expect((await runCli(['up', '--dir', dir], { env })).stderr).toContain(advised);

    const repaired = await runProgram('sh', ['-c', `"$NODE" "$PROGRAM" ${advised}`], {
      env: { ...env, NODE: process.execPath, PROGRAM: `${repository}/bin/voicesurvey-db` },
    });
    expect(repaired).toMatchObject({ code: 0 });
    expect(await runCli(['up', '--dir', dir], { env })).toMatchObject({ code: 0 });
  });

  test('to apply a migration that was merged late has the program, the folder and the flag', async ({
    database: { url },
  }) => {
    const dir = await folderWith({ 'V2.up.sql': 'select 2;', 'V2.down.sql': '' });
    const env = { DATABASE_URL: url };
    await runCli(['up', '--dir', dir], { env });
    await addFiles(dir, { 'V1.up.sql': 'select 1;', 'V1.down.sql': '' });
    expect((await runCli(['up', '--dir', dir], { env })).stderr).toContain(
      `\`voicesurvey-db up --dir ${dir} --allow-out-of-order\``,
    );
  });

  test('to see what has drifted has the folder that the user gave', async ({ database: { url, client } }) => {
    const dir = await folderWith({ ...DOWN, 'V0001.up.sql': 'create table one (id integer);' });
    const env = { DATABASE_URL: url };
    await runCli(['up', '--dir', dir], { env });
    await client.query('drop table one');
    expect((await runCli(['status', '--dir', dir], { env })).stdout).toContain(
      `To see what changed, run \`voicesurvey-db verify --dir ${dir}\`.\n`,
    );
  });

  test('has no --dir when the user gave none', async ({ migrated: { url, client } }) => {
    await client.query("update voicesurvey_migrations.history set checksum_up = 'x' where version = 1");
    const { stderr } = await runCli(['up'], { env: { DATABASE_URL: url } });
    expect(stderr).toContain("`voicesurvey-db repair V0001 --reason '<why>'`");
  });
});

test('a restore script names the command that applies the migration again, with its folder', async ({
  database,
}) => {
  const { url, client, rows } = database;
  const folder = await folderWith();
  await mkdir(join(folder, "it's ours"));
  await addFiles(join(folder, "it's ours"), { ...DOWN, 'V0001.up.sql': 'create table one (id integer);' });
  const options = { env: { DATABASE_URL: url }, cwd: folder };
  const args = ['--dir', "it's ours"];
  expect(await runCli(['up', ...args], options)).toMatchObject({ code: 0 });
  await client.query('insert into one values (1)');
  expect(await runCli(['down', ...args, '--lose', 'one'], options)).toMatchObject({ code: 0 });
  const backup =
    (await readdir(join(folder, 'voicesurvey-backup'))).find((name) => name !== '.gitignore') ?? '';
  const script = await readFile(join(folder, 'voicesurvey-backup', backup, 'restore.sql'), 'utf8');
  const advised = /voicesurvey-db (up --to .*)$/m.exec(script)?.[1] ?? '';
  const applied = await runProgram('sh', ['-c', `"$NODE" "$PROGRAM" ${advised}`], {
    env: { DATABASE_URL: url, NODE: process.execPath, PROGRAM: `${repository}/bin/voicesurvey-db` },
  });
  expect(applied).toMatchObject({ code: 0 });
  expect(await rows('select * from one')).toEqual([]);
});
