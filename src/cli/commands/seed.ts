import { UsageError } from '../../postgres/errors/explained-error.js';
import { seed } from '../../seed/seed.js';
import type { SeedContactsResult } from '../../seed/seed-contacts.js';
import type { SeedProgress } from '../../seed/synthetic-progress.js';
import { plural } from '../../text/plural.js';
import { type Command, InvalidArgumentError } from '../program/commander.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, wholeNumber } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines, seedLine } from '../ui/lines.js';
import { printProgress } from '../ui/progress.js';
import type { CommandResult } from '../ui/result.js';
import { showStatusLine } from '../ui/status-line.js';

interface Options extends CommonOptions {
  readonly contacts?: number;
  readonly seed?: number;
  /** In ISO 8601. */
  readonly until?: string;
  readonly add?: boolean;
}

const HELP = {
  name: 'seed',
  summary: 'add the eighteen seed rows, or synthetic contacts',
  description:
    'Adds the eighteen seed rows to a migrated database. Leaves existing rows unchanged. With --contacts, also adds ' +
    'synthetic contacts with their history: campaigns in every status, calls, answers, events and e-mails. Their telephone ' +
    'numbers belong to nobody. Refuses a database that is in use, unless --add is given. After an interrupt, the same ' +
    'command adds the campaigns that are missing.',
  activity: 'Adding the seed rows',
  examples: [
    ['seed', 'add the rows that are missing'],
    ['seed --contacts 10000', 'and 10,000 contacts with their history until now'],
    ['seed --contacts 10000 --seed 7 --until 2026-11-01', 'the same rows on every server'],
  ],
} as const;

/** `seed`: adds the eighteen seed rows, and synthetic contacts. */
export function seedCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .option('--contacts <number>', 'add this many synthetic contacts', wholeNumber)
    .option('--seed <number>', 'the number from which their values follow (default: 1)', wholeNumber)
    .option('--until <time>', 'the end of their history, in UTC (default: the current minute)', time)
    .option('--add', 'add them also to a database that has other contacts, campaigns or users');
}

async function run(
  options: Options,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { json, contacts } = options;
  const onEvent = json ? undefined : printProgress;
  if (contacts === undefined) {
    refuseWithoutContacts(options);
    const result = await seed({ url, onEvent, signal });
    return { document: { ...result }, lines: resultLines([seedLine(result)], result.server) };
  }
  const { seedContacts } = await import('../../seed/seed-contacts.js');
  const { seed: number, add } = options;
  const until = options.until === undefined ? undefined : new Date(options.until);
  const onProgress = json ? undefined : showProgress;
  if (!json) showStatusLine('Adding synthetic contacts');
  const result = await seedContacts({ url, contacts, seed: number, until, add, onEvent, onProgress, signal });
  return { document: { ...result }, lines: resultLines(contactLines(result), result.server) };
}

function refuseWithoutContacts({ seed: number, until, add }: Options): void {
  if (number === undefined && until === undefined && add === undefined) return;
  throw new UsageError(
    'usage',
    'The options --seed, --until and --add have an effect only with --contacts.',
    {
      remedy: 'Add --contacts <number>, or remove them.',
    },
  );
}

function contactLines({ added, campaigns, inserted, seed: number, until }: SeedContactsResult): string[] {
  if (campaigns === 0) {
    return [`Nothing to add: the contacts of seed ${number} until ${shortTime(until)} are there already.`];
  }
  const rows = Object.values(added).reduce((sum, count) => sum + count, 0);
  return [
    `Added ${grouped(added.contacts)} contacts in ${plural(campaigns, 'campaign')}, with ${grouped(rows - added.contacts)} rows of history until ${shortTime(until)}.`,
    ...(inserted === 0 ? [] : [seedLine({ inserted })]),
  ];
}

function showProgress({ contacts, ofContacts, rows, rowsPerSecond, secondsLeft }: SeedProgress): void {
  showStatusLine(
    `${grouped(contacts)} of ${grouped(ofContacts)} contacts, ${grouped(rows)} rows, ${grouped(rowsPerSecond)}/s, ${secondsLeft} s left`,
    { continues: true },
  );
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

function shortTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

/** Parses a date, or a time of ISO 8601, in UTC if it names no zone. */
function time(text: string): string {
  const [, date, clock = 'T00:00', zone = 'Z'] = TIME.exec(text) ?? [];
  const complete = `${date}${clock}${zone}`;
  if (Number.isNaN(Date.parse(complete))) {
    throw new InvalidArgumentError('Give a date or a time, such as 2026-11-01 or 2026-11-01T12:00Z.');
  }
  return complete;
}

const TIME = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d)?)?(Z|[+-]\d\d:\d\d)?$/;
