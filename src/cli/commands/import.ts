import type { Command } from 'commander';
import type { ImportOptions, ImportResult } from '../../lists/import/import-list.js';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { plural } from '../../text/plural.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, notEmpty } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import { displayPath } from '../ui/paths.js';
import { type CommandResult, EXIT_FINDINGS } from '../ui/result.js';
import { showStatusLine } from '../ui/status-line.js';

interface Options extends CommonOptions {
  readonly campaign?: string;
  readonly exclusions?: boolean;
  readonly country?: string;
  readonly dryRun?: boolean;
  readonly rejected?: string;
}

const HELP = {
  name: 'import',
  summary: 'import a CSV file of contacts or exclusions',
  description:
    'Imports a CSV file of contacts into a campaign, or with --exclusions a file of numbers into the exclusion list. ' +
    'The first line has the names of the columns, of which phone_number is required. It can be run again: lines that ' +
    'are imported already change nothing. Exits with 1 if lines were rejected, or with 3 after --dry-run.',
  activity: 'Reading the list',
  examples: [
    ['import list.csv --campaign <id> --country IT', 'import contacts'],
    ['import list.csv --campaign <id> --country IT --dry-run', 'only print what would be imported'],
    ['import list.csv --campaign <id> --rejected bad.csv', 'write rejected lines to a file'],
    ['import do-not-call.csv --exclusions --country IT', 'exclude numbers'],
  ],
} as const;

/** `import`: a CSV file of contacts or exclusions. */
export function importCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .argument('<file>', 'the CSV file')
    .option('--campaign <id>', 'the campaign of the contacts', notEmpty)
    .option('--exclusions', 'the file is a list of numbers to exclude in all campaigns')
    .option('--country <code>', 'the country of numbers in national format, such as IT', notEmpty)
    .option(
      '--rejected <file>',
      'the new file for rejected lines, with their values and the reasons',
      notEmpty,
    )
    .option('--dry-run', 'roll back each batch of lines, and print what would be imported');
}

async function run(
  { campaign, exclusions = false, country, dryRun = false, rejected: rejectedFile, json }: Options,
  { url }: CommandServer,
  [file = '']: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const options: ImportOptions = {
    url,
    file,
    country,
    dryRun,
    rejectedFile,
    signal,
    ...(json !== true && {
      onProgress: ({ lines, total }) =>
        showStatusLine(`Importing: ${lines} of ${plural(total, 'line')}`, { continues: true }),
    }),
  };
  const result = await importInto(campaign, exclusions, options);
  const { rejected } = result;
  return {
    document: { ...result },
    lines: resultLines([summaryLine(result), ...rejectedLines(result)], result.server),
    notes:
      result.ignoredColumns.length === 0 ? [] : [`Ignored columns: ${result.ignoredColumns.join(', ')}.`],
    ...(rejected > 0 && { exitCode: dryRun ? EXIT_FINDINGS : 1 }),
  };
}

async function importInto(
  campaign: string | undefined,
  exclusions: boolean,
  options: ImportOptions,
): Promise<ImportResult> {
  if (exclusions === (campaign !== undefined)) {
    throw new UsageError(
      'usage',
      exclusions
        ? '--campaign and --exclusions contradict each other: a number is excluded in all campaigns.'
        : 'The list needs a campaign.',
      {
        remedy: exclusions
          ? 'Remove one of them.'
          : 'Add --campaign <id> for contacts, or --exclusions for numbers to exclude.',
      },
    );
  }
  if (campaign === undefined) {
    const { importExclusions } = await import('../../lists/import-exclusions.js');
    return importExclusions(options);
  }
  const { importContacts } = await import('../../lists/import-contacts.js');
  return importContacts({ ...options, campaign });
}

/** So that the counts stay on the screen. */
const MOST_SHOWN = 5;

/** The words of verdicts; those that reject a line are counted together. */
const WORDS: Readonly<Record<string, string>> = {
  accepted: 'accepted',
  excluded: 'excluded',
  already_there: 'there already',
  already_listed: 'listed already',
  duplicate_in_batch: 'with a number of an earlier line',
};

function summaryLine({ dryRun, lines, verdicts, rejected }: ImportResult): string {
  const counts = Object.entries(WORDS).flatMap(([verdict, words]) =>
    verdicts[verdict] === undefined ? [] : [`${verdicts[verdict]} ${words}`],
  );
  if (rejected > 0) counts.push(`${rejected} rejected`);
  const read = dryRun ? 'Dry run, nothing was imported. Read' : 'Read';
  return `${read} ${plural(lines, 'line')}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}.`;
}

function rejectedLines({ rejected, firstRejected, rejectedFile }: ImportResult): string[] {
  const shown = firstRejected.slice(0, MOST_SHOWN);
  const lines = shown.map(
    ({ line, reason, suggestion }) =>
      `  line ${line}: ${reason}${suggestion === null ? '' : ` ${suggestion}`}`,
  );
  const more = rejected - shown.length;
  if (more > 0)
    lines.push(
      `  and ${plural(more, 'more line')}${rejectedFile === null ? '; --rejected <file> writes all of them' : ''}`,
    );
  if (rejectedFile !== null) lines.push(`Wrote the rejected lines to ${displayPath(rejectedFile)}.`);
  return lines;
}
