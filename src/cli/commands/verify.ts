import type { Command } from 'commander';
import type { VerifyResult } from '../../inspect/verify.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { type CommonOptions, type FolderOptions, folderOption, makeDatabaseCommand } from '../command.js';
import { InvalidArgumentError } from '../commander.js';
import type { ChosenServer } from '../server.js';
import { type Answer, FOUND, serverLine } from '../ui/output.js';

interface Options extends CommonOptions, FolderOptions {
  readonly rules: boolean;
  readonly statementTimeout?: number;
}

/** `verify`: holds a live database against its migrations and the schema's rules. */
export function verifyCommand(): Command {
  return makeDatabaseCommand<Options>(
    'verify',
    'compare a live database with its migrations and with the rules of the schema; exit 3 if it finds something',
    run,
  )
    .option('--no-rules', "leave out the product's own rules, for another schema")
    .option('--statement-timeout <seconds>', 'the longest time for one statement (default: 30)', seconds)
    .addOption(folderOption(migrationsDirectory));
}

async function run(options: Options, { url }: ChosenServer): Promise<Answer> {
  const { dir: directory, rules, statementTimeout } = options;
  const statementTimeoutMs = statementTimeout === undefined ? undefined : statementTimeout * 1000;
  const { verify } = await import('../../inspect/verify.js');
  const result = await verify({ url, directory, rules, statementTimeoutMs });
  return {
    document: { ...result },
    lines: verifyLines(result),
    exitCode: result.findings.length === 0 ? 0 : FOUND,
  };
}

function verifyLines({ server, drift, findings }: VerifyResult): string[] {
  const width = Math.max(...findings.map(({ kind }) => kind.length));
  return [
    ...findings.map(({ kind, object, finding }) => `${kind.padEnd(width)}  ${object}: ${finding}`),
    ...(drift.state === 'unknown' ? [`Whether anything has drifted is not known: ${drift.reason}.`] : []),
    findings.length === 0 ? 'Everything is as it should be.' : `${findings.length} found.`,
    serverLine(server),
  ];
}

function seconds(text: string): number {
  if (!/^\d{1,6}(\.\d+)?$/.test(text) || Number(text) <= 0) {
    throw new InvalidArgumentError('It takes a number of seconds.');
  }
  return Number(text);
}
