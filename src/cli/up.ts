import type { Command } from 'commander';
import { up } from '../inspect/engine.js';
import type { UpResult } from '../migrate/up.js';
import { seed } from '../seed/seed.js';
import { migrationsDirectory } from '../seed/storage.js';
import {
  type CommonOptions,
  type FolderOptions,
  folderOption,
  makeDatabaseCommand,
  notEmpty,
} from './command.js';
import { welcome } from './embedded-lines.js';
import { type Answer, serverLine } from './output.js';
import { tellProgress } from './progress.js';
import { seedLine } from './seed.js';
import type { ChosenServer } from './server.js';

interface Options extends CommonOptions, FolderOptions {
  readonly to?: string;
  readonly seed?: boolean;
  readonly create?: boolean;
  readonly allowOutOfOrder?: boolean;
}

/** `up`: applies what is pending. */
export function upCommand(): Command {
  return makeDatabaseCommand<Options>('up', 'apply the migrations that the database does not have yet', run)
    .option('--to <version>', 'apply nothing behind this version', notEmpty)
    .option('--seed', 'add the eighteen fixed rows afterwards')
    .option('--create', 'create the database if the server does not have it')
    .option('--allow-out-of-order', 'apply migrations that are older than the newest applied one, too')
    .addOption(folderOption(migrationsDirectory));
}

async function run(options: Options, { url, embedded }: ChosenServer): Promise<Answer> {
  const { dir: directory, to, create, allowOutOfOrder } = options;
  const onEvent = options.json ? undefined : tellProgress;
  const result = await up({ url, directory, to, create, allowOutOfOrder, onEvent });
  const seeded = options.seed ? await seed({ url }) : null;
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
