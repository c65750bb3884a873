import type { Command } from 'commander';
import type { AcceptResult } from '../../inspect/accept.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import {
  type CommonOptions,
  collectNames,
  type FolderOptions,
  folderOption,
  inMilliseconds,
  lockWaitOption,
  notEmpty,
  type RunCommandOptions,
} from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { differenceLines, resultLines } from '../ui/lines.js';
import { printProgress } from '../ui/progress.js';
import type { CommandResult, Line } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions, Pick<RunCommandOptions, 'lockWait'> {
  readonly reason: string;
  readonly object?: readonly string[];
  readonly partitions?: readonly string[];
}

const HELP = {
  name: 'accept',
  summary: 'accept the catalog of a database as it is',
  description:
    'Accepts the catalog of a database as it is: compares it with the snapshot of the last run or, if none is ' +
    'comparable, with what the migrations make in a throw-away database, lists the differences, and records them with ' +
    'the reason and a new snapshot in the history. Changes nothing else. Later drift is measured from this state. With ' +
    '--object or --partitions, accepts only what these name.',
  activity: 'Comparing the database with its last snapshot',
  examples: [
    [
      "accept --object 'table notes' --reason 'see ticket 4711'",
      'accept one object; other differences remain drift',
    ],
    [
      "accept --partitions 'calls_*' --reason 'by pg_partman'",
      'compare no partition with such a name from now on',
    ],
    [
      "accept --reason 'restored on PostgreSQL 18'",
      'record the snapshot again after an upgrade of the server',
    ],
  ],
} as const;

/** `accept`: records the snapshot of a catalog as it is. */
export function acceptCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .requiredOption('--reason <text>', 'why the catalog is right as it is; recorded in the history', notEmpty)
    .option('--object <name>', 'an object to accept, as verify names it; may be repeated', collectNames)
    .option(
      '--partitions <pattern>',
      'partitions not to compare from now on, such as calls_*; may be repeated',
      collectNames,
    )
    .addOption(lockWaitOption())
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  { dir: directory, reason, object: objects, partitions, lockWait, json }: Options,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { accept } = await import('../../inspect/accept.js');
  const result = await accept({
    url,
    directory,
    reason,
    objects,
    partitions,
    lockWaitMs: inMilliseconds(lockWait),
    onEvent: json ? undefined : printProgress,
    signal,
  });
  const isPartial = objects !== undefined || partitions !== undefined;
  return { document: { ...result }, lines: linesFor(result, isPartial), notes: notesFor(result) };
}

function linesFor(result: AcceptResult, isPartial: boolean): readonly Line[] {
  const { accepted, notCompared, differences, partitions, server } = result;
  const done = `Done: ${isPartial ? 'what was named' : 'the catalog'} is accepted as it is, after ${encodeName(accepted)}.`;
  const compared = notCompared === null ? [comparisonLine(result)] : [];
  const leftOut = partitions.map(
    (pattern) => `Partitions ${encodeName(pattern)} are not compared from now on.`,
  );
  return resultLines([done, ...compared, ...leftOut], server, differenceLines(differences));
}

function notesFor({ notCompared }: AcceptResult): readonly string[] {
  return notCompared === null
    ? []
    : [`warning: the catalog could not be compared: ${encodeName(notCompared)}.`];
}

function comparisonLine({ comparedWith, differences }: AcceptResult): string {
  const other = comparedWith === 'snapshot' ? 'what the last run left' : 'what the migrations make';
  return differences.length === 0
    ? `The database is ${other}.`
    : `Accepted ${plural(differences.length, 'difference')} from ${other}, and recorded them in the history.`;
}
