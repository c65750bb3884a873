import type { Command } from 'commander';
import { type SeedResult, seed } from '../../seed/seed.js';
import { plural } from '../../text/plural.js';
import { type CommonOptions, makeDatabaseCommand } from '../command.js';
import type { ChosenServer } from '../server.js';
import { type Answer, serverLine } from '../ui/output.js';

/** `seed`: adds the eighteen fixed rows. */
export function seedCommand(): Command {
  return makeDatabaseCommand<CommonOptions>(
    'seed',
    'add the eighteen fixed rows; those that are there stay as they are',
    run,
  );
}

async function run(_options: CommonOptions, { url }: ChosenServer): Promise<Answer> {
  const result = await seed({ url });
  return { document: { ...result }, lines: [seedLine(result), serverLine(result.server)] };
}

/** What the seed did, in one line. */
export function seedLine({ inserted }: SeedResult): string {
  return inserted === 0
    ? 'Nothing to seed: the rows are there already.'
    : `Added ${plural(inserted, 'seed row')}.`;
}
