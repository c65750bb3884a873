import { once } from 'node:events';
import type { Command } from 'commander';
import { describeTarget } from '../../postgres/connection/target.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { parseDatabaseUrl } from '../../postgres/url.js';
import { InvalidArgumentError } from '../program/commander.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, notEmpty } from '../program/options.js';
import { type CommandServer, startEmbedded } from '../program/server.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions {
  readonly seed?: boolean;
  readonly set?: readonly string[];
  readonly keep?: boolean;
  readonly drop?: string;
}

const HELP = {
  name: 'test-database',
  summary: 'create a migrated database for a test',
  description:
    'Creates a database with the newest schema for a test, prints its address, and waits until its standard input ends, ' +
    'as it does when the test or its process ends. Then it drops the database. The server is the one in TEST_DATABASE_URL, ' +
    'else the embedded one; DATABASE_URL is ignored. An address in TEST_DATABASE_URL is printed without its password: set PGPASSWORD.',
  activity: 'Creating the database',
  examples: [
    ['test-database', 'in a fixture of pytest or another runner: see docs/testing.md'],
    ['test-database --keep', 'leave it for a day, and end'],
    ['test-database --drop voicesurvey_test_…', 'drop one that was kept'],
  ],
} as const;

/** `test-database`: a database for a test in any language. */
export function testDatabaseCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run, chooseServer)
    .option('--seed', 'add the eighteen seed rows')
    .option('--set <name=value>', 'a setting of the database; may be repeated', collectSetting)
    .option('--keep', 'print the address and end; a run after a day drops the database')
    .option('--drop <name>', 'instead, drop a test database', notEmpty);
}

/** The server of the tests. A deploy has no use for this command, so an installed package may use the embedded server, too. */
async function chooseServer({ embedded }: Options, signal: AbortSignal): Promise<CommandServer> {
  const url = process.env.TEST_DATABASE_URL ?? '';
  if (url.trim() === '') return startEmbedded(signal);
  if (embedded === true) {
    throw new UsageError('two_servers', 'TEST_DATABASE_URL names one server and --embedded another.', {
      remedy: 'Unset TEST_DATABASE_URL, or remove --embedded.',
    });
  }
  const address = describeTarget(parseDatabaseUrl(url));
  return { url, address, source: 'TEST_DATABASE_URL', embedded: null };
}

async function run(
  { seed, set = [], keep, drop }: Options,
  { url: serverUrl, address, embedded }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { dropTestDatabase, testDatabase } = await import('../../testing/test-database.js');
  if (drop !== undefined) {
    await dropTestDatabase({ url: serverUrl, name: drop });
    return { document: { dropped: drop }, lines: [`Dropped ${drop}.`, `on ${address}`] };
  }
  const database = await testDatabase({ url: serverUrl, seed, settings: parseSettings(set) });
  const { url: own, name } = database;
  const url = embedded === null ? describeTarget(parseDatabaseUrl(own)) : own;
  const result = { document: { url, name }, lines: [], output: url };
  if (keep === true) {
    await database.keep('test-database --keep');
    return result;
  }
  const afterwards = async (): Promise<void> => {
    await untilInputEnds(signal);
    await database.drop();
  };
  return { ...result, notes: process.stdin.isTTY ? ['Ctrl-D drops the database.'] : [], afterwards };
}

/** The input ends when the process that started this one closes it or dies. */
async function untilInputEnds(signal: AbortSignal): Promise<void> {
  process.stdin.resume();
  await once(process.stdin, 'end', { signal }).catch(() => {});
  process.stdin.destroy();
}

const SETTING = /^([^=]+)=(.*)$/s;

function collectSetting(text: string, settings: readonly string[] = []): readonly string[] {
  if (!SETTING.test(text))
    throw new InvalidArgumentError('Give a name and a value, such as voicesurvey.time_zone=Europe/Rome.');
  return [...settings, text];
}

function parseSettings(settings: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    settings.map((text) => {
      const [, name = '', value = ''] = SETTING.exec(text) ?? [];
      return [name.trim(), value];
    }),
  );
}
