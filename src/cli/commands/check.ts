import type { Command } from 'commander';
import type { CheckFinding } from '../../inspect/check/finding.js';
import type { RowSource } from '../../inspect/check/row-source.js';
import type { CheckProgress, CheckResult } from '../../inspect/check.js';
import { readSet } from '../../migrate/files/read-set.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { addProductRows, isProductFolder } from '../../seed/product-rows.js';
import { plural } from '../../text/plural.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption, notEmpty } from '../program/options.js';
import { type CommandServer, chooseScratchServer } from '../program/server.js';
import { annotationOf } from '../ui/annotations.js';
import { resultLines } from '../ui/lines.js';
import { locksTable } from '../ui/locks-table.js';
import { displayPath, workingDirectory } from '../ui/paths.js';
import { noticeLines } from '../ui/progress.js';
import { type CommandResult, EXIT_FINDINGS, type Line } from '../ui/result.js';
import { showStatusLine } from '../ui/status-line.js';
import { printAnnotations, type Tone } from '../ui/terminal.js';

interface Options extends CommonOptions, FolderOptions {
  readonly url?: string;
  readonly lints: boolean;
  readonly locks?: boolean;
  readonly from?: string;
}

const HELP = {
  name: 'check',
  summary: 'prove migration files in throw-away databases, and lint',
  description:
    'Proves the migration files: runs each up and down over empty tables and over rows, in throw-away databases, and ' +
    'lints them. Exit code 3 if it finds a fault. Never uses the server in DATABASE_URL unless --url names it.',
  activity: 'Preparing throw-away databases',
  examples: [
    ['check --dir ./sql', 'prove your own migrations on the embedded server'],
    ['check --dir ./sql --from V0012', 'prove only the migrations after V0012'],
    [
      'check --locks --url postgresql://ci@db/postgres',
      'list the table locks and the sizes of the tables there',
    ],
  ],
} as const;

/** `check`: proves the migration files in throw-away databases. */
export function checkCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run, chooseScratchServer)
    .option(
      '--url <url>',
      'create the throw-away databases on this server (default: the embedded one)',
      notEmpty,
    )
    .option('--from <version>', 'check only the migrations after this version (default: all)', notEmpty)
    .option('--no-lints', 'leave out the lints, for a folder with other conventions')
    .option('--locks', 'instead, list the locks that the files take on existing tables')
    .addOption(folderOption(migrationsDirectory));
}

async function run(
  options: Options,
  server: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  return options.locks === true ? runLocks(options, server, signal) : runProofs(options, server, signal);
}

/** Table sizes come from the database in `--url`; the embedded one is not the user's. */
async function runLocks(
  { dir: directory, json, url: sizesIn, from }: Options,
  { url, address }: CommandServer,
  signal: AbortSignal,
): Promise<CommandResult> {
  const onMigration = json ? undefined : (label: string) => showStatusLine(label);
  const { measureLocks } = await import('../../inspect/locks.js');
  const result = await measureLocks({ url, directory, from, sizesIn, onMigration, signal });
  const { summary, table } = locksTable(result);
  // The throw-away database is gone.
  const server = { ...result.server, address };
  return { document: { ...result, server }, lines: resultLines([summary], server, table) };
}

async function runProofs(
  { dir: directory, json, lints, from }: Options,
  { url }: CommandServer,
  signal: AbortSignal,
): Promise<CommandResult> {
  const rows = await rowsFor(directory);
  const onProgress = json ? undefined : makeProgressReporter();
  const { check } = await import('../../inspect/check.js');
  const result = await check({ url, directory, from, lints, rows, onProgress, signal });
  annotate(result);
  return {
    document: { ...result },
    lines: linesFor(result),
    notes: result.notices.map((notice) => noticeLines(notice).join('\n')),
    exitCode: result.findings.length === 0 ? 0 : EXIT_FINDINGS,
  };
}

/** The rows of the product for its folder, and for a set that refers to its tables; undefined for synthetic rows alone. */
async function rowsFor(directory: string): Promise<RowSource | undefined> {
  if (await isProductFolder(directory)) return addProductRows;
  const { after } = await readSet(directory);
  const areProduct = await Promise.all(after.map(isProductFolder));
  if (!areProduct.includes(true)) return undefined;
  const { syntheticRows } = await import('../../inspect/check/synthetic-rows.js');
  const addSyntheticRows = syntheticRows();
  return async (client, schemas) => {
    const ofProduct = await addProductRows(client);
    const others = schemas.filter((schema) => schema !== 'public');
    return new Map([...ofProduct, ...(await addSyntheticRows(client, others))]);
  };
}

/** Shows how far both runs of the checks are. */
function makeProgressReporter(): (progress: CheckProgress) => void {
  const positions = new Map<CheckProgress['over'], string>();
  return ({ migration, over, number, total }) => {
    positions.set(over, `${migration} (${number} of ${total}) over ${over}`);
    showStatusLine(`Checking ${[...positions.values()].join(', ')}`, { continues: true });
  };
}

/** GitHub Actions reads annotations from both outputs. */
function annotate({ findings, notes }: CheckResult): void {
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  const workspace = process.env.GITHUB_WORKSPACE ?? workingDirectory() ?? '/';
  printAnnotations(...findings.map((finding) => annotationOf('error', finding, workspace)));
  printAnnotations(...notes.map((note) => annotationOf('notice', note, workspace)));
}

function linesFor(result: CheckResult): readonly Line[] {
  const { server, migrations, checked, squawk, durationMs, findings, notes } = result;
  if (checked === 0 && migrations > 0)
    return resultLines(['Nothing was checked: no migration is newer.'], server, []);
  const all = plural(migrations, 'migration');
  const count = checked === migrations ? all : `${checked} of ${all}`;
  const summary = `${count}: ${summaryOf(findings, notes)}, in ${(durationMs / 1000).toFixed(1)} s${squawk === null ? '' : `, also linted by squawk ${squawk}`}.`;
  return resultLines([summary], server, [
    ...findings.flatMap((finding) => describe(finding, '', 'error')),
    ...notes.flatMap((note) => describe(note, 'note: ', 'warning')),
  ]);
}

function describe(
  { file, line, column, rule, message, remedy }: CheckFinding,
  prefix: string,
  tone: Tone,
): readonly Line[] {
  const location = [displayPath(file), line, column].filter((part) => part !== null).join(':');
  const text = `${location}: ${prefix}${message} (${rule})`;
  return [{ text, tone, mark: location.length }, `  ${remedy}`];
}

function summaryOf(findings: readonly CheckFinding[], notes: readonly CheckFinding[]): string {
  const counts = [
    ...(findings.length > 0 ? [plural(findings.length, 'fault')] : []),
    ...(notes.length > 0 ? [plural(notes.length, 'note')] : []),
  ];
  return counts.length > 0 ? counts.join(', ') : 'no fault, over empty tables and over rows';
}
