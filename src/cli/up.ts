import type { Command } from 'commander';
import { type UpResult, up } from '../migrate/up.js';
import { seed } from '../seed/seed.js';
import { migrationsDirectory } from '../seed/storage.js';
import { type CommonOptions, type FolderOptions, folderOption, makeCommand, sayUnless } from './command.js';
import { startedLine, welcome } from './embedded-lines.js';
import type { Answer } from './output.js';
import { tellProgress } from './progress.js';
import { seedLine } from './seed.js';
import { chooseServer } from './server.js';

interface Options extends CommonOptions, FolderOptions {
  readonly to?: string;
  readonly seed?: boolean;
  readonly create?: boolean;
  readonly allowOutOfOrder?: boolean;
}

/** `up`: applies what is pending. */
export function upCommand(): Command {
  return makeCommand<Options>('up', 'apply the migrations that the database does not have yet', run)
    .option('--to <version>', 'apply nothing behind this version')
    .option('--seed', 'add the eighteen fixed rows afterwards')
    .option('--create', 'create the database if the server does not have it')
    .option('--allow-out-of-order', 'apply migrations that are older than the newest applied one, too')
    .addOption(folderOption(migrationsDirectory));
}

async function run(options: Options): Promise<Answer> {
  const { url, embedded } = await chooseServer(options);
  const tell = sayUnless(options.json);
  if (embedded?.started) tell(startedLine(embedded));
  const { dir: directory, to, create, allowOutOfOrder } = options;
  const onEvent = options.json ? undefined : tellProgress;
  const result = await up({ url, directory, to, create, allowOutOfOrder, onEvent });
  const seeded = options.seed ? await seed({ url }) : null;
  const isFirst = embedded?.started === true;
  return {
    document: {
      ...result,
      embedded: embedded !== null,
      ...(isFirst && { url }),
      ...(seeded && { seeded: seeded.inserted }),
    },
    lines: [
      ...(result.created ? ['created the database'] : []),
      upLine(result),
      ...(seeded === null ? [] : [seedLine(seeded)]),
      ...(isFirst ? await welcome(embedded) : []),
    ],
  };
}

function upLine({ applied, current, server }: UpResult): string {
  const where = `${server.address} (PostgreSQL ${server.version})`;
  if (applied.length === 0) return `Nothing to do: ${where} is at ${current ?? 'no version'}.`;
  return `${where} is at ${current}; ${applied.length} applied.`;
}
