import type { Command } from 'commander';
import type { RehearsalViolation } from '../../rehearse/checks/check-rehearsal.js';
import type { RehearseResult } from '../../rehearse/rehearse.js';
import type { FunctionLatency } from '../../rehearse/services/latencies.js';
import { plural } from '../../text/plural.js';
import { InvalidArgumentError } from '../program/commander.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { embeddedDirectory } from '../program/installation.js';
import { type CommonOptions, wholeNumber } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import { failureWords, makeRehearsalDisplay } from '../ui/rehearsal-display.js';
import { type CommandResult, EXIT_FINDINGS, type Line } from '../ui/result.js';
import { printRemarks } from '../ui/terminal.js';

interface Options extends CommonOptions {
  readonly contacts: number;
  readonly dialers: number;
  readonly campaigns: number;
  readonly attempts: number;
  readonly failures?: boolean;
  readonly seed?: number;
  readonly keep?: boolean;
  readonly here?: boolean;
}

const HELP = {
  name: 'rehearse',
  summary: 'run simulated campaigns, and check every rule',
  description:
    'Runs simulated campaigns in a separate database: imports contacts, calls each until it has ended, delivers events ' +
    'and e-mails, erases people. Then checks the rules of the product over all rows and by its own record of what it did, ' +
    'prints the throughput and latencies, and drops the database. Exit code 3 if a rule was broken.',
  activity: 'Rehearsing',
  examples: [
    ['rehearse', 'see the product work'],
    ['rehearse --contacts 20000 --dialers 16 --failures', 'test it while webhooks are lost and services die'],
    ['rehearse --seed 17 --failures --keep', 'repeat the draws of a run, and leave its database'],
  ],
} as const;

/** `rehearse`: runs simulated campaigns. */
export function rehearseCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .option('--contacts <number>', 'how many contacts to call', wholeNumber, 2000)
    .option('--dialers <number>', 'dialers that work concurrently, each with its connection', wholeNumber, 8)
    .option('--campaigns <number>', 'campaigns that share the contacts', wholeNumber, 4)
    .option(
      '--attempts <number>',
      'the most attempts of a contact, 1 to 5; the last of each waits for up to a minute',
      attempts,
      2,
    )
    .option(
      '--failures',
      'lose webhooks, kill services, pause a campaign, exclude and erase people in a call',
    )
    .option('--seed <number>', 'what outcomes and failures are drawn from (default: random)', wholeNumber)
    .option('--keep', 'leave the database and print its name')
    .option('--here', 'rehearse in the database of the address, which must have no rows; leaves the rows');
}

function attempts(text: string): number {
  if (!/^[1-5]$/.test(text)) throw new InvalidArgumentError('Give a number from 1 to 5.');
  return Number(text);
}

async function run(
  options: Options,
  { url, embedded }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { json, contacts, dialers, campaigns, failures, seed, keep, here } = options;
  const { rehearse } = await import('../../rehearse/rehearse.js');
  const result = await rehearse({
    url,
    contacts,
    dialers,
    campaigns,
    attempts: options.attempts,
    failures,
    seed,
    keep,
    here,
    // A server that was running before may serve others.
    embeddedDirectory: embedded?.started ? embeddedDirectory() : undefined,
    onDatabase: json || keep !== true ? undefined : (name) => printRemarks(`The database is ${name}.`),
    onProgress: json ? undefined : makeRehearsalDisplay(),
    signal,
  });
  return {
    document: { ...result },
    lines: linesFor(result),
    exitCode: result.violations.length === 0 ? 0 : EXIT_FINDINGS,
  };
}

function linesFor(result: RehearseResult): readonly Line[] {
  const { violations, calls, callingSeconds, callsPerSecond, campaigns, kept, database, server } = result;
  const held: Line =
    violations.length === 0
      ? 'Every rule held.'
      : { text: `${plural(violations.length, 'violation')}.`, tone: 'error' };
  return resultLines(
    [
      held,
      `${plural(calls, 'call')} of ${plural(campaigns, 'campaign')} in ${Math.round(callingSeconds)} s, ${Math.round(callsPerSecond)} per second while calls were due.`,
    ],
    server,
    [
      ...violations.flatMap(violationLines),
      ...countLines(result),
      kept ? `The database ${database} was left.` : 'The database was dropped.',
      '',
      ...latencyLines(result.latencies),
    ],
  );
}

function violationLines({ rule, source, finding, count, ids }: RehearsalViolation): readonly Line[] {
  const name = rule === null ? source : `rule ${rule}`;
  return [
    { text: `${name}  ${finding} (${count}, found by the ${source})`, tone: 'error', mark: name.length },
    ...(ids.length === 0 ? [] : [`  ${ids.join(' ')}`]),
  ];
}

function countLines(result: RehearseResult): readonly Line[] {
  const { contacts, injected, reconnections, events, emails, deadlocks, serializationFailures, seed } =
    result;
  const { webhooks, services, incidents } = failureWords(injected);
  const rows: readonly (readonly [string, readonly string[]])[] = [
    [
      'contacts',
      [
        `${contacts.completed} completed`,
        `${contacts.refused} refused`,
        `${contacts.not_reached} not reached`,
        `${contacts.excluded} excluded`,
      ],
    ],
    ['delivered', [plural(events, 'event'), plural(emails, 'e-mail')]],
    ['webhooks', webhooks],
    ['services', [...services, `${reconnections} reconnected`]],
    ['incidents', incidents],
    ['retries', [plural(deadlocks, 'deadlock'), plural(serializationFailures, 'serialization failure')]],
    ['seed', [String(seed)]],
  ];
  return rows.map(([name, cells]) => `${name.padEnd(10)}  ${cells.join(', ')}`);
}

function latencyLines(latencies: readonly FunctionLatency[]): readonly Line[] {
  const width = Math.max(...latencies.map(({ function: name }) => name.length));
  const row = (name: string, ...cells: readonly string[]): string =>
    `${name.padEnd(width)}${cells.map((cell) => cell.padStart(11)).join('')}`;
  return [
    row('function', 'calls', 'median ms', 'p99 ms'),
    ...latencies.map(({ function: name, calls, medianMs, p99Ms }) =>
      row(name, String(calls), medianMs.toFixed(1), p99Ms.toFixed(1)),
    ),
  ];
}
