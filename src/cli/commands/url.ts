import type { Command } from 'commander';
import { defineDatabaseCommand } from '../program/define-command.js';
import type { CommonOptions } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import type { CommandResult } from '../ui/result.js';

const HELP = {
  name: 'url',
  summary: 'print the address of the database',
  description:
    'Prints the address of the database on standard output. The address of the embedded server includes the password ' +
    'that it generated; any other address is printed without its password.',
  examples: [['url', 'for example: psql "$(voicesurvey-db url)"']],
} as const;

/** `url`: prints the address of the server that the other commands work on. */
export function urlCommand(): Command {
  return defineDatabaseCommand<CommonOptions>(HELP, run);
}

async function run(
  _options: CommonOptions,
  { url, address, embedded }: CommandServer,
): Promise<CommandResult> {
  const output = embedded === null ? address : url;
  return { document: { url: output }, lines: [], output };
}
