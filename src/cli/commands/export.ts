import type { Command } from 'commander';
import { UsageError } from '../../postgres/errors/explained-error.js';
import { plural } from '../../text/plural.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, notEmpty } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines, serverLine } from '../ui/lines.js';
import { displayPath } from '../ui/paths.js';
import type { CommandResult } from '../ui/result.js';
import { showStatusLine } from '../ui/status-line.js';
import { printData, printRemarks } from '../ui/terminal.js';

interface Options extends CommonOptions {
  readonly campaign: string;
  readonly out?: string;
  readonly raw?: boolean;
}

const HELP = {
  name: 'export',
  summary: 'write the results of a campaign as CSV',
  description:
    'Writes the contacts of a campaign that have ended as CSV, with their answers: personal data. A text that a ' +
    'spreadsheet would execute as a formula gets an apostrophe in front.',
  activity: 'Reading the results',
  examples: [
    ['export --campaign <id> --out results.csv', 'write a new file'],
    ['export --campaign <id> --raw | gzip > results.csv.gz', 'for a program: without apostrophes'],
  ],
} as const;

/** `export`: the results of a campaign. */
export function exportCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run)
    .requiredOption('--campaign <id>', 'the campaign', notEmpty)
    .option('--out <file>', 'the new file to write (default: standard output)', notEmpty)
    .option('--raw', 'leave texts that begin like a formula as they are');
}

async function run(
  { campaign, out, raw, json = false }: Options,
  { url }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  if (json && out === undefined) {
    throw new UsageError('usage', '--json prints a document, and the rows would be printed, too.', {
      remedy: 'Add --out <file>, or remove --json.',
    });
  }
  const { exportCampaign } = await import('../../lists/export-campaign.js');
  const { server, rows } = await exportCampaign({
    url,
    campaign,
    to: out ?? ((csv) => printData(csv, 'as it is')),
    raw,
    ...(!json &&
      out !== undefined && {
        onProgress: (count) => showStatusLine(`Writing row ${count}`, { continues: true }),
      }),
    signal,
  });
  if (out === undefined) {
    printRemarks(`${plural(rows, 'contact')} ${serverLine(server)}`);
    return { document: {}, lines: [] };
  }
  return {
    document: { server, rows, file: out },
    lines: resultLines([`Wrote ${plural(rows, 'contact')} to ${displayPath(out)}.`], server),
  };
}
