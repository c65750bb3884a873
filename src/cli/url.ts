import type { Command } from 'commander';
import { describeTarget } from '../postgres/target.js';
import { parseDatabaseUrl } from '../postgres/url.js';
import { type CommonOptions, makeCommand } from './command.js';
import type { Answer } from './output.js';
import { chooseServer } from './server.js';

/** `url`: prints the address of the server that the other commands work on. */
export function urlCommand(): Command {
  return makeCommand<CommonOptions>(
    'url',
    "print the database's address on standard output: the embedded server's with the password that it made up, another's without",
    run,
  );
}

async function run(options: CommonOptions): Promise<Answer> {
  const { url, embedded } = await chooseServer(options);
  const address = embedded === null ? describeTarget(parseDatabaseUrl(url)) : url;
  return { document: { url: address, embedded: embedded !== null }, lines: [], product: address };
}
