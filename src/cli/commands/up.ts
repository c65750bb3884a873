import type { Command } from 'commander';
import { interrupted } from '../../migrate/failure/errors.js';
import { type UpResult, up } from '../../migrate/up.js';
import { migrationsDirectory } from '../../seed/paths.js';
import { seed } from '../../seed/seed.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  makeDatabaseCommand,
  notEmpty,
  type RunCommandOptions,
  runOptions,
  withRunOptions,
} from '../command.js';
import { interruptible } from '../interrupt.js';
import type { ChosenServer } from '../server.js';
import { type Answer, dryRunLine, serverLine } from '../ui/output.js';
import { tellProgress } from '../ui/progress.js';
import { welcome } from '../ui/welcome.js';
import { seedLine } from './seed.js';

interface Options extends CommonOptions, FolderOptions, RunCommandOptions {
  readonly to?: string;
  readonly seed?: boolean;
  readonly create?: boolean;
  readonly allowOutOfOrder?: boolean;
}

/** `up`: applies what is pending. */
export function upCommand(): Command {
  const command = makeDatabaseCommand<Options>(
    'up',
    'apply the migrations that the database does not have yet',
    run,
  )
    .option('--to <version>', 'apply nothing newer than this version', notEmpty)
    .option('--seed', 'add the eighteen fixed rows afterwards')
    .option('--create', 'create the database if the server does not have it')
    .option('--allow-out-of-order', 'apply migrations that are older than the newest applied one, too')
    .addOption(folderOption(migrationsDirectory));
  return withRunOptions(command);
}

async function run(options: Options, { url, embedded }: ChosenServer): Promise<Answer> {
  const { dir: directory, to, allowOutOfOrder } = options;
  // The embedded server's database is ours to make, also after somebody dropped it.
  const create = options.create === true || embedded !== null;
  const onEvent = options.json ? undefined : tellProgress;
  const { result, seeded } = await interruptible(options.json, async (signal) => {
    const result = await up({
      url,
      directory,
      to,
      create,
      allowOutOfOrder,
      onEvent,
      signal,
      ...runOptions(options),
    });
    if (result.sql !== null) return { result, seeded: null };
    // The signal came too late to end the last migration.
    if (options.seed && signal.aborted)
      throw interrupted('after the migrations were applied: the seed rows were not added');
    return { result, seeded: options.seed ? await seed({ url }) : null };
  });
  const { sql, server } = result;
  if (sql !== null)
    return { document: { ...result }, lines: [dryRunLine(sql), serverLine(server)], product: sql };
  const isFirst = embedded?.started === true;
  return {
    document: { ...result, ...(isFirst && { url }), ...(seeded && { seeded: seeded.inserted }) },
    lines: [
      ...(result.created ? ['Created the database.'] : []),
      upLine(result),
      ...(seeded === null ? [] : [seedLine(seeded)]),
      serverLine(result.server),
      ...(isFirst && !options.json ? await welcome(embedded) : []),
    ],
  };
}

function upLine({ applied, current }: UpResult): string {
  const at = current === null ? 'the database has no migration' : `the database is at ${current}`;
  return applied.length === 0 ? `Nothing to do: ${at}.` : `Done: ${applied.length} applied, ${at}.`;
}
