import type { Command } from 'commander';
import { type CommonOptions, makeDatabaseCommand } from '../command.js';
import type { ChosenServer } from '../server.js';
import type { Answer } from '../ui/output.js';

/** `url`: prints the address of the server that the other commands work on. */
export function urlCommand(): Command {
  return makeDatabaseCommand<CommonOptions>(
    'url',
    "print the database's address on standard output: the embedded server's with the password that it made up, another's without",
    run,
  );
}

async function run(_options: CommonOptions, { url, address, embedded }: ChosenServer): Promise<Answer> {
  const product = embedded === null ? address : url;
  return { document: { url: product }, lines: [], product };
}
