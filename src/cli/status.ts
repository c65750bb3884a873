import type { Command } from 'commander';
import { describeHolder } from '../migrate/lock.js';
import { type MigrationStatus, type StatusResult, status } from '../migrate/status.js';
import { migrationsDirectory } from '../seed/storage.js';
import { type CommonOptions, type FolderOptions, folderOption, makeCommand, sayUnless } from './command.js';
import { startedLine } from './embedded-lines.js';
import type { Answer } from './output.js';
import { chooseServer } from './server.js';

interface Options extends CommonOptions, FolderOptions {}

const SOMETHING_TO_DO = 3;

/** `status`: what is applied, pending, changed, missing, and who is migrating now. */
export function statusCommand(): Command {
  return makeCommand<Options>(
    'status',
    'show what is applied, pending, changed or missing; exit 3 unless all is applied',
    run,
  ).addOption(folderOption(migrationsDirectory));
}

async function run(options: Options): Promise<Answer> {
  const { url, embedded } = await chooseServer(options);
  if (embedded?.started) sayUnless(options.json)(startedLine(embedded));
  const result = await status({ url, directory: options.dir });
  return {
    document: { ...result, embedded: embedded !== null },
    lines: statusLines(result),
    exitCode: result.upToDate ? 0 : SOMETHING_TO_DO,
  };
}

function statusLines({ server, migrations, migratingNow, upToDate }: StatusResult): string[] {
  const width = Math.max(...migrations.map(({ name }) => name.length));
  return [
    `${server.address} (PostgreSQL ${server.version})`,
    ...migrations.map((migration) => `  ${migration.name.padEnd(width)}  ${describe(migration)}`),
    ...(migratingNow === null ? [] : [`${describeHolder(migratingNow)} is migrating now`]),
    upToDate ? 'Everything is applied.' : summary(migrations),
  ];
}

function describe({ standing, appliedAt, appliedBy, appliedWith, origin, reason }: MigrationStatus): string {
  if (appliedAt === null) return standing === 'late' ? 'late: older than what is applied' : 'pending';
  const when = `${appliedAt.toISOString().slice(0, 19)}Z by ${appliedBy} with ${appliedWith}`;
  const how = origin === 'applied' || reason === null ? '' : ` (${origin}: ${reason})`;
  return `${standing.padEnd(10)}  ${when}${how}`;
}

function summary(migrations: readonly MigrationStatus[]): string {
  const counts = new Map<string, number>();
  for (const { standing } of migrations) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  return `${[...counts].map(([standing, count]) => `${count} ${standing}`).join(', ')}.`;
}
