import { relative } from 'node:path';
import { contents } from '../inspect/contents.js';
import type { EmbeddedServer } from '../postgres/embedded.js';
import { isClone } from './server.js';

/** How a user calls us from where they are. */
export const commandName = isClone ? './bin/voicesurvey-db' : 'npx voicesurvey-db';

/** That a server was started, where its data is, and which PostgreSQL it is. */
export function startedLine({ version, directory }: EmbeddedServer): string {
  const path = relative(process.cwd(), directory);
  return `started PostgreSQL ${version}; its data is in ${path.startsWith('..') ? directory : path}`;
}

/**
 * What somebody wants to know who has just got a database: its whole address, what is in it, what to do next.
 * The password is one that the server made up, and it listens on this machine only.
 */
export async function welcome({ url }: EmbeddedServer): Promise<string[]> {
  const { tables, enums, rows } = await contents({ url });
  return [
    '',
    `  ${url}`,
    '',
    `It holds ${tables} tables, ${enums} enum types and ${rows} rows.`,
    'Next:',
    `  psql "$(${commandName} url)"    open it, with psql or any other client`,
    `  ${commandName} status           see which migrations it has`,
    `  ${commandName} stop             stop the server; the data stays`,
  ];
}
