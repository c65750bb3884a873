import type { Command } from 'commander';
import type { Drift } from '../../migrate/history/drift.js';
import { describeHolder } from '../../migrate/run/lock.js';
import { type MigrationStatus, type StatusResult, status } from '../../migrate/status.js';
import { applicationName } from '../../postgres/application-name.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { call, type Remedy, remedy } from '../../text/remedy.js';
import { type CommonOptions, type FolderOptions, folderOption, makeDatabaseCommand } from '../command.js';
import type { ChosenServer } from '../server.js';
import { type Answer, FOUND, serverLine } from '../ui/output.js';

interface Options extends CommonOptions, FolderOptions {}

/** `status`: what is applied, pending, changed, missing, and who is migrating now. */
export function statusCommand(): Command {
  return makeDatabaseCommand<Options>(
    'status',
    'show what is applied, pending, changed, missing or drifted; exit 3 unless all is as it should be',
    run,
  ).addOption(folderOption(migrationsDirectory));
}

async function run(options: Options, { url }: ChosenServer): Promise<Answer> {
  const result = await status({ url, directory: options.dir });
  return {
    document: { ...result },
    lines: statusLines(result),
    exitCode: result.upToDate && result.drift?.state !== 'drifted' ? 0 : FOUND,
  };
}

function statusLines({ server, migrations, migratingNow, upToDate, drift }: StatusResult): Remedy[] {
  const widest = (column: 'name' | 'standing'): number =>
    Math.max(...migrations.map(({ [column]: text }) => text.length));
  const [ofNames, ofStandings] = [widest('name'), widest('standing')];
  return [
    ...migrations.map(
      (migration) => `${migration.name.padEnd(ofNames)}  ${describe(migration, ofStandings)}`,
    ),
    ...(migratingNow === null ? [] : [`${describeHolder(migratingNow)} is migrating now`]),
    upToDate ? 'Everything is applied.' : summary(migrations),
    ...(drift?.since ? [driftLine(drift)] : []),
    serverLine(server),
  ];
}

function driftLine({ state, since, reason }: Drift): Remedy {
  if (state === 'none') return `No drift since ${since}.`;
  if (state === 'unknown') return `Whether anything has drifted is not known: ${reason}.`;
  return remedy`Drift: the catalog is not what ${since ?? 'the last run'} left. To see what changed, run ${call('verify')}.`;
}

function describe(
  { standing, appliedAt, appliedBy, appliedWith, origin, reason }: MigrationStatus,
  width: number,
): string {
  if (appliedAt === null) return standing === 'late' ? 'late: older than what is applied' : standing;
  const how = appliedWith === applicationName ? '' : ` with ${appliedWith}`;
  const when = `${appliedAt.toISOString().slice(0, 19)}Z by ${appliedBy}${how}`;
  return `${standing.padEnd(width)}  ${when}${howItGotThere(origin, reason)}`;
}

/** Of what a baseline accepted only how much it was; the whole is in the history and in the document. */
function howItGotThere(origin: MigrationStatus['origin'], reason: string | null): string {
  if (origin === 'applied') return '';
  return reason === null ? ` (${origin})` : ` (${origin}: ${reason.split('\n')[0]})`;
}

function summary(migrations: readonly MigrationStatus[]): string {
  const counts = new Map<string, number>();
  for (const { standing } of migrations) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  return `${[...counts].map(([standing, count]) => `${count} ${standing}`).join(', ')}.`;
}
