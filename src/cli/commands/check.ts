import type { Command } from 'commander';
import type { CheckProgress, CheckResult } from '../../inspect/check.js';
import type { Finding } from '../../inspect/finding.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { addProductRows, isProduct } from '../../seed/product-rows.js';
import { plural } from '../../text/plural.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  makeDatabaseCommand,
  notEmpty,
} from '../command.js';
import { interruptible } from '../interrupt.js';
import { type ChosenServer, chooseServerToTryOn } from '../server.js';
import { annotationOf } from '../ui/annotations.js';
import { locksLines } from '../ui/locks-table.js';
import { type Answer, FOUND, say, serverLine } from '../ui/output.js';
import { shownPath, workingDirectory } from '../ui/paths.js';
import { tellPassing } from '../ui/progress.js';

interface Options extends CommonOptions, FolderOptions {
  readonly url?: string;
  readonly lints: boolean;
  readonly locks?: boolean;
}

/** `check`: proves the migration files in throw-away databases. */
export function checkCommand(): Command {
  return makeDatabaseCommand<Options>(
    'check',
    'prove the migration files in throw-away databases; exit 3 if something is wrong with them',
    run,
    chooseServerToTryOn,
  )
    .option(
      '--url <url>',
      'try them on this server, in databases of their own; on the embedded one unless told otherwise',
      notEmpty,
    )
    .option('--no-lints', 'leave out the lints, for a folder that lives by other rules')
    .option('--locks', 'tell instead which locks they take on tables that were there before')
    .addOption(folderOption(migrationsDirectory));
}

async function run(options: Options, server: ChosenServer): Promise<Answer> {
  return options.locks === true ? runLocks(options, server) : runProofs(options, server);
}

/** How large the tables are is told of the database that was named, not of the embedded one. */
async function runLocks(
  { dir: directory, json, url: sizesIn }: Options,
  { url }: ChosenServer,
): Promise<Answer> {
  const onMigration = json ? undefined : (label: string) => tellPassing(`${label} …`);
  const { measureLocks } = await import('../../inspect/locks.js');
  const result = await interruptible(json, (signal) =>
    measureLocks({ url, directory, sizesIn, onMigration, signal }),
  );
  return { document: { ...result }, lines: [...locksLines(result), serverLine(result.server)] };
}

async function runProofs({ dir: directory, json, lints }: Options, { url }: ChosenServer): Promise<Answer> {
  const rows = (await isProduct(directory)) ? addProductRows : undefined;
  const onProgress = json ? undefined : tellProgress;
  const { check } = await import('../../inspect/check.js');
  const result = await interruptible(json, (signal) =>
    check({ url, directory, lints, rows, onProgress, signal }),
  );
  annotate(result);
  return {
    document: { ...result },
    lines: checkLines(result),
    exitCode: result.findings.length === 0 ? 0 : FOUND,
  };
}

function tellProgress({ migration, over }: CheckProgress): void {
  tellPassing(`${migration} over ${over} …`);
}

/** For GitHub Actions, which reads both outputs. */
function annotate({ findings, notes }: CheckResult): void {
  if (process.env.GITHUB_ACTIONS !== 'true') return;
  const workspace = process.env.GITHUB_WORKSPACE ?? workingDirectory() ?? '/';
  say(...findings.map((finding) => annotationOf('error', finding, workspace)));
  say(...notes.map((note) => annotationOf('notice', note, workspace)));
}

function checkLines({ server, migrations, findings, notes }: CheckResult): string[] {
  return [
    ...findings.flatMap((finding) => describe(finding, '')),
    ...notes.flatMap((note) => describe(note, 'note: ')),
    `${plural(migrations, 'migration')}: ${summaryOf(findings, notes)}.`,
    serverLine(server),
  ];
}

function describe({ file, line, column, rule, message, remedy }: Finding, kind: string): string[] {
  const place = [shownPath(file), line, column].filter((part) => part !== null).join(':');
  return [`${place}: ${kind}${message} (${rule})`, `  ${remedy}`];
}

function summaryOf(findings: readonly Finding[], notes: readonly Finding[]): string {
  const found = [
    ...(findings.length > 0 ? [plural(findings.length, 'fault')] : []),
    ...(notes.length > 0 ? [plural(notes.length, 'note')] : []),
  ];
  return found.length > 0 ? found.join(', ') : 'nothing is wrong with them, over empty tables and over rows';
}
