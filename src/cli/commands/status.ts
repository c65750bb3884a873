import type { Command } from 'commander';
import type { Drift } from '../../migrate/history/drift.js';
import { describeHolder } from '../../migrate/run/lock-holder.js';
import { type MigrationStatus, type StatusResult, status } from '../../migrate/status.js';
import { applicationName } from '../../postgres/connection/application-name.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { encodeName } from '../../text/encode.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';
import { defineDatabaseCommand } from '../program/define-command.js';
import { type CommonOptions, type FolderOptions, folderOption } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import { serverLine } from '../ui/lines.js';
import { type CommandResult, EXIT_FINDINGS } from '../ui/result.js';

interface Options extends CommonOptions, FolderOptions {}

const HELP = {
  name: 'status',
  summary: 'list applied, pending, changed and missing migrations, and drift',
  description:
    'Lists the migrations with their states, the run in progress, and whether the catalog has drifted since the last ' +
    'run. Changes and locks nothing. Exit code 3 unless everything is applied, unchanged and known to be without drift.',
  examples: [['status', 'check before a deploy whether something is pending']],
} as const;

/** `status`: lists the migrations and their states. */
export function statusCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run).addOption(folderOption(migrationsDirectory));
}

async function run(options: Options, { url }: CommandServer): Promise<CommandResult> {
  const result = await status({ url, directory: options.dir });
  return {
    document: { ...result },
    lines: linesFor(result),
    exitCode: result.upToDate && result.drift.state === 'none' ? 0 : EXIT_FINDINGS,
  };
}

function linesFor({ server, migrations, migratingNow, upToDate, drift }: StatusResult): Remedy[] {
  const widest = (column: 'name' | 'state'): number =>
    Math.max(...migrations.map(({ [column]: text }) => encodeName(text).length));
  const [nameWidth, stateWidth] = [widest('name'), widest('state')];
  return [
    ...migrations.map(
      (migration) =>
        `${encodeName(migration.name).padEnd(nameWidth)}  ${encodeName(describe(migration, stateWidth))}`,
    ),
    ...(migratingNow === null
      ? []
      : [
          `${describeHolder(migratingNow)} ${migratingNow.isRun ? 'is migrating now' : 'is no run, but holds the lock of a run'}`,
        ]),
    upToDate ? 'Everything is applied.' : summaryOf(migrations),
    ...(drift.cause === 'not_applied' ? [] : [driftLine(drift)]),
    serverLine(server),
  ];
}

function driftLine({ state, since, reason, remedy: advice }: Drift): Remedy {
  if (state === 'none') return `No drift since ${since}.`;
  if (state === 'unknown') return remedy`Drift is unknown: ${encodeName(reason ?? '')}. ${advice ?? ''}`;
  return remedy`Drift: the catalog is not what ${since ?? 'the last run'} left. To see what changed, run ${call('verify')}.`;
}

function describe(
  { state, appliedAt, appliedBy, appliedWith, origin, reason }: MigrationStatus,
  width: number,
): string {
  if (appliedAt === null) return state === 'late' ? 'late: older than the newest applied one' : state;
  const program = appliedWith === applicationName ? '' : ` with ${appliedWith}`;
  const when = `${appliedAt.toISOString().slice(0, 19)}Z by ${appliedBy}${program}`;
  return `${state.padEnd(width)}  ${when}${describeOrigin(origin, reason)}`;
}

/** Only the first line of what a baseline accepted; the rest is in the history and in the document. */
function describeOrigin(origin: MigrationStatus['origin'], reason: string | null): string {
  if (origin === 'applied') return '';
  return reason === null ? ` (${origin})` : ` (${origin}: ${reason.split('\n')[0]})`;
}

function summaryOf(migrations: readonly MigrationStatus[]): string {
  const counts = new Map<string, number>();
  for (const { state } of migrations) counts.set(state, (counts.get(state) ?? 0) + 1);
  return `${[...counts].map(([state, count]) => `${count} ${state}`).join(', ')}.`;
}
