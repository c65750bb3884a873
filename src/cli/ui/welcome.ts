import { join } from 'node:path';
import type { EmbeddedServer } from '../../postgres/embedded.js';
import { shellQuote } from '../../text/shell-quote.js';
import { isClone, packageRoot } from '../server.js';
import { shownPath } from './paths.js';

/** That a server was started, where its data is, and which PostgreSQL it is. */
export function startedLine({ version, directory }: EmbeddedServer): string {
  return `Started PostgreSQL ${version}; its data is in ${shownPath(directory)}.`;
}

/**
 * What somebody wants to know who has just got a database: its whole address, what is in it, what to do next.
 * The password is one that the server made up, and it listens on this machine only.
 */
export async function welcome({ url }: EmbeddedServer): Promise<string[]> {
  const { contents } = await import('../../inspect/contents.js');
  const { tables, enums, rows } = await contents({ url });
  const next = [
    [`psql "$(${call('url')})"`, 'open it, in psql or any client'],
    [call('status'), 'see which migrations it has'],
    [call('stop'), 'stop the server; the data stays'],
  ] as const;
  const width = Math.max(...next.map(([command]) => command.length));
  return [
    '',
    `  ${url}`,
    '',
    `It holds ${tables} tables, ${enums} enum types and ${rows} rows.`,
    'Next:',
    ...next.map(([command, purpose]) => `  ${command.padEnd(width)}  ${purpose}`),
  ];
}

/** How to call a command on the embedded server from the working directory. */
function call(command: string): string {
  if (!isClone) return `npx voicesurvey-db ${command} --embedded`;
  const path = shownPath(join(packageRoot, 'bin/voicesurvey-db'));
  return `${shellQuote(path.startsWith('/') ? path : `./${path}`)} ${command}`;
}
