import type { Command } from 'commander';
import { defineDatabaseCommand } from '../program/define-command.js';
import type { CommonOptions } from '../program/options.js';
import type { CommandServer } from '../program/server.js';
import type { CommandResult } from '../ui/result.js';

interface Options extends CommonOptions {
  readonly password: boolean;
}

const HELP = {
  name: 'url',
  summary: 'print the address of the database',
  description:
    'Prints the address of the database on standard output. The address of the embedded server includes the password ' +
    'that it generated; any other address is printed without its password. Do not write an address with a password on a ' +
    'command line: every user of the machine can see it.',
  activity: 'Reading the address',
  examples: [
    ['url', 'for a client with a window, to copy the address'],
    ['url --no-password', 'for a command line, such as that of psql, with the password in PGPASSWORD'],
  ],
} as const;

/** `url`: prints the address of the server that the other commands work on. */
export function urlCommand(): Command {
  return defineDatabaseCommand<Options>(HELP, run).option(
    '--no-password',
    'leave out the password of the embedded server',
  );
}

async function run({ password }: Options, { url, address, embedded }: CommandServer): Promise<CommandResult> {
  const output = embedded === null ? address : password ? url : url.replace(/:[^:@/]*@/, '@');
  return { document: { url: output }, lines: [], output };
}
