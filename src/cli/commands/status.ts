import { join } from 'node:path';
import type { Command } from 'commander';
import type { Drift } from '../../migrate/history/drift.js';
import { describeHolder } from '../../migrate/run/lock-holder.js';
import { type MigrationStatus, type StatusResult, status } from '../../migrate/status.js';
import { applicationName } from '../../postgres/connection/application-name.js';
import type { EmbeddedServer } from '../../postgres/embedded.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { call, option, remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { resultLines } from '../ui/lines.js';
import { type CommandResult, EXIT_FINDINGS, type Line } from '../ui/result.js';
import type { Tone } from '../ui/terminal.js';
import { filesLine } from '../ui/welcome.js';

interface Options extends CommonOptions, FolderOptions {}

const HELP = {
  name: 'status',
  summary: 'list applied, pending and changed migrations, and drift',
  description:
    'Lists the migrations with their states, the run in progress, and whether the catalog has drifted since the last ' +
    'run. Changes and locks nothing. Exit code 3 unless everything is applied, unchanged and known to be without drift.',
  activity: 'Reading the history and the catalog',
  examples: [['status', 'check before a deploy whether something is pending']],
} as const;

/** `status`: lists the migrations and their states. */
export function statusCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run).addOption(folderOption(migrationsDirectory));
}

async function run(
  options: Options,
  { url, embedded }: CommandServer,
  _words: readonly string[],
  signal: AbortSignal,
): Promise<CommandResult> {
  const result = await status({ url, directory: options.dir, signal });
  return {
    document: { ...result, ...(embedded && { embeddedServer: filesOf(embedded) }) },
    lines: linesFor(result, embedded),
    exitCode: result.upToDate && result.drift.state === 'none' ? 0 : EXIT_FINDINGS,
  };
}

function filesOf({ directory, port, pid }: EmbeddedServer): Readonly<Record<string, unknown>> {
  return { data: join(directory, 'data'), log: join(directory, 'log'), port, pid };
}

function linesFor(
  { server, set, migrations, otherFolder, migratingNow, upToDate, drift }: StatusResult,
  embedded: EmbeddedServer | null,
): readonly Line[] {
  const prefix = set === null ? '' : `${set}: `;
  const result = [
    upToDate ? `${prefix}Everything is applied.` : summaryLine(migrations, prefix),
    ...(otherFolder === null ? [] : [otherFolderLine(otherFolder)]),
    ...(migratingNow === null
      ? []
      : [
          `${describeHolder(migratingNow)} ${migratingNow.isRun ? 'is migrating now' : 'is no run, but holds the lock of a run'}`,
        ]),
    ...(drift.cause === 'not_applied' ? [] : [driftLine(drift)]),
  ];
  const files = embedded === null ? [] : [filesLine(embedded)];
  return [...resultLines(result, server), ...files, '', ...rowsFor(migrations)];
}

function rowsFor(migrations: readonly MigrationStatus[]): readonly Line[] {
  const widest = (column: 'name' | 'state'): number =>
    Math.max(...migrations.map(({ [column]: text }) => encodeName(text).length));
  const [nameWidth, stateWidth] = [widest('name'), widest('state')];
  return migrations.map((migration) => {
    const { name, state } = migration;
    const text = `${encodeName(name).padEnd(nameWidth)}  ${encodeName(describe(migration, stateWidth))}`;
    return state === 'applied' ? text : { text, tone: toneOf(state) };
  });
}

/** What is only pending is as a deploy expects it. */
function toneOf(state: MigrationStatus['state']): Tone {
  return state === 'pending' ? 'warning' : 'error';
}

function otherFolderLine(otherFolder: string): Line {
  const text = remedy`${otherFolder}. Set ${option('url')} to another database, or ${option('directory')} to the folder of this one.`;
  return { text, tone: 'error' };
}

function driftLine({ state, since, reason, remedy: advice }: Drift): Line {
  if (state === 'none') return `No drift since ${encodeName(since ?? '')}.`;
  if (state === 'unknown') {
    return { text: remedy`Drift is unknown: ${encodeName(reason ?? '')}. ${advice ?? ''}`, tone: 'warning' };
  }
  const text = remedy`Drift: the catalog is not what ${encodeName(since ?? 'the last run')} left. To see what changed, run ${call('verify')}.`;
  return { text, tone: 'error' };
}

function describe(
  { name, state, appliedAt, appliedName, appliedBy, appliedWith, origin, reason }: MigrationStatus,
  width: number,
): string {
  if (origin === null) return state === 'late' ? 'late: older than the newest applied one' : state;
  const program = appliedWith === applicationName ? '' : ` with ${appliedWith}`;
  const time = appliedAt === null ? 'at an unknown time' : `${appliedAt.toISOString().slice(0, 19)}Z`;
  const oldName = appliedName === name ? '' : ` as ${appliedName}`;
  const when = `${time} by ${appliedBy}${program}${oldName}`;
  return `${state.padEnd(width)}  ${when}${describeOrigin(origin, reason)}`;
}

/** Only the first line of what a baseline accepted; the rest is in the history and in the document. */
function describeOrigin(origin: MigrationStatus['origin'], reason: string | null): string {
  if (origin === 'applied') return '';
  return reason === null ? ` (${origin})` : ` (${origin}: ${reason.split('\n')[0]})`;
}

function summaryLine(migrations: readonly MigrationStatus[], prefix: string): Line {
  const counts = new Map<MigrationStatus['state'], number>();
  for (const { state } of migrations) counts.set(state, (counts.get(state) ?? 0) + 1);
  const tones = [...counts.keys()].filter((state) => state !== 'applied').map(toneOf);
  const text = `${prefix}${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}.`;
  return { text, tone: tones.includes('error') ? 'error' : 'warning' };
}
