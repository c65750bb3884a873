import type { Command } from 'commander';
import { type SeedResult, seed } from '../seed/seed.js';
import { type CommonOptions, makeCommand, sayUnless } from './command.js';
import { startedLine } from './embedded-lines.js';
import type { Answer } from './output.js';
import { chooseServer } from './server.js';

/** `seed`: adds the eighteen fixed rows. */
export function seedCommand(): Command {
  return makeCommand<CommonOptions>(
    'seed',
    'add the eighteen fixed rows; those that are there stay as they are',
    run,
  );
}

async function run(options: CommonOptions): Promise<Answer> {
  const { url, embedded } = await chooseServer(options);
  if (embedded?.started) sayUnless(options.json)(startedLine(embedded));
  const result = await seed({ url });
  return {
    document: { ...result, embedded: embedded !== null },
    lines: [seedLine(result), `on ${result.server.address} (PostgreSQL ${result.server.version})`],
  };
}

/** What the seed did, in one line. */
export function seedLine({ inserted }: SeedResult): string {
  return inserted === 0 ? 'The seed rows are there already.' : `Added ${inserted} seed rows.`;
}
