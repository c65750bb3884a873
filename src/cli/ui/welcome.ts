import { join } from 'node:path';
import type { Contents } from '../../inspect/contents.js';
import type { EmbeddedServer } from '../../postgres/embedded.js';
import { displayPath } from './paths.js';

/** Where the files and the port of the embedded server are. */
export function filesLine({ directory, port }: EmbeddedServer): string {
  const [data, log] = ['data', 'log'].map((name) => displayPath(join(directory, name)));
  return `The embedded server has its data in ${data}, its log in ${log}, and port ${port}.`;
}

/** A server that was started: its PostgreSQL and its folder. */
export function startedLine({ version, directory }: EmbeddedServer): string {
  return `Started PostgreSQL ${version}; its data is in ${displayPath(directory)}.`;
}

/**
 * Tells the user of a new database its whole address, its contents and the next steps.
 * The password may be shown: the embedded server generated it, and it listens on this machine only.
 *
 * @param commandFor how to run a command of this program on the embedded server, from the working directory
 */
export function welcomeLines(
  { url }: EmbeddedServer,
  { tables, enums, rows }: Contents,
  commandFor: (command: string) => string,
): string[] {
  const next = [
    ...(rows === 0 ? [[commandFor('seed'), 'add sample rows'] as const] : []),
    [commandFor('sql "table users"'), 'print the rows of a table'],
    [commandFor('status'), 'see which migrations it has'],
    [commandFor('stop'), 'stop it; the data stays'],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  return [
    `  ${url}`,
    '',
    `It holds ${tables} tables, ${enums} enum types and ${rows} rows.`,
    'Next:',
    ...next.map(([command, effect]) => `  ${command.padEnd(width)}  ${effect}`),
    'Clients such as DBeaver, pgAdmin and TablePlus open the address above.',
  ];
}
