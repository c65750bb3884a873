import type { Command } from 'commander';
import type { VerifyResult } from '../../inspect/verify.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  inMilliseconds,
  positiveSeconds,
} from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import { type CommandResult, EXIT_FINDINGS, type Line } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {
  readonly rules: boolean;
  readonly statementTimeout?: number;
}

const HELP = {
  name: 'verify',
  summary: 'list drift, invalid indexes, broken constraints and schema rules',
  description:
    'Compares a live database with its migrations, object by object, and lists drift, invalid indexes, constraints ' +
    'that rows break, and broken rules of the schema. Changes nothing in the database. If the last run left no snapshot ' +
    'that can be compared, compares the database with what the migrations make in a throw-away database. Exit code 3 if ' +
    'it finds something, or if the state is unknown.',
  activity: 'Comparing the database with its migrations',
  examples: [['verify --no-rules --dir ./sql', 'verify a database with your own migrations']],
} as const;

/** `verify`: compares a live database with its migrations and the rules of the schema. */
export function verifyCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .option('--no-rules', "leave out the product's own rules, for another schema")
    .option(
      '--statement-timeout <seconds>',
      'the longest time for one statement (default: 30)',
      positiveSeconds,
    )
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  options: Options,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const { dir: directory, rules, statementTimeout } = options;
  const { verify } = await import('../../inspect/verify.js');
  const statementTimeoutMs = inMilliseconds(statementTimeout);
  const result = await verify({ url, directory, rules, statementTimeoutMs, signal });
  return {
    document: { ...result },
    lines: linesFor(result),
    exitCode: result.findings.length === 0 ? 0 : EXIT_FINDINGS,
  };
}

function linesFor({ server, drift, findings }: VerifyResult): readonly Line[] {
  const result: Line[] = [
    findings.length === 0
      ? 'Nothing is wrong.'
      : { text: `${plural(findings.length, 'finding')}.`, tone: 'error' },
    ...(drift.remedy === null
      ? []
      : [remedy`Drift is unknown: ${encodeName(drift.reason ?? '')}. ${drift.remedy}`]),
  ];
  const width = Math.max(...findings.map(({ kind }) => kind.length));
  const details = findings.map(
    ({ kind, object, finding }): Line => ({
      text: `${kind.padEnd(width)}  ${encodeName(object)}: ${encodeName(finding)}`,
      tone: kind === 'unknown' ? 'warning' : 'error',
      mark: kind.length,
    }),
  );
  return resultLines(result, server, details);
}
