import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { type CliResult, repository, runCli } from '../support/cli.js';
import { test } from '../support/database.js';
import { folderWith } from '../support/folder.js';
import { blocksOf } from '../support/page.js';
import { SLOW } from '../support/timeouts.js';

/** The files of the example: a line with the name of each, and its text. */
const FILE = /^`(?<name>billing\/\S+)`\n\n```\w+\n(?<text>.*?)^```$/gms;

/** A project with the package installed and the set of the example. */
async function project(): Promise<string> {
  const page = await readFile(new URL('../../docs/several-sets.md', import.meta.url), 'utf8');
  const folder = await folderWith();
  for (const { groups } of page.matchAll(FILE)) {
    const path = join(folder, groups?.name ?? '');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, groups?.text ?? '');
  }
  await mkdir(join(folder, 'node_modules'));
  await symlink(repository, join(folder, 'node_modules/voicesurvey-db'));
  return folder;
}

const maskNumbers = (text: string): string => text.replaceAll(/\d+/g, '0');

test('the commands of docs/several-sets.md do what the page says', { timeout: SLOW }, async ({
  database,
}) => {
  const cwd = await project();
  const run = (command: string): Promise<CliResult> =>
    runCli(command.split(' ').slice(1), { cwd, env: { DATABASE_URL: database.url } });
  const [upCommand, output, others] = blocksOf('several-sets.md', 'Apply the product and the set');
  const applied = await run(upCommand?.code.trim() ?? '');
  expect(maskNumbers(applied.stdout)).toContain(maskNumbers(output?.code ?? 'no output'));
  const commands = others?.code.trim().split('\n') ?? [];
  expect(commands).toHaveLength(4);
  for (const command of commands) expect(await run(command), command).toMatchObject({ code: 0 });
  expect(await run('voicesurvey-db verify')).toMatchObject({ code: 0 });
});

test('check finds nothing wrong with the set of docs/several-sets.md', { timeout: SLOW }, async ({
  database,
}) => {
  const cwd = await project();
  const { stdout } = await runCli(['check', '--dir', './billing', '--url', database.url, '--json'], { cwd });
  const { findings, notes } = JSON.parse(stdout);
  expect({ findings, notes }).toEqual({ findings: [], notes: [] });
});
