import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EmbeddedServer, startEmbeddedServer } from '../postgres/embedded.js';
import { UsageError } from '../postgres/errors.js';

/** The server that a command works on. */
export interface ChosenServer {
  readonly url: string;
  /** Null where `DATABASE_URL` names the server. */
  readonly embedded: EmbeddedServer | null;
}

/** What the user said about the server. */
export interface ServerOptions {
  readonly embedded?: boolean;
}

const packageRoot = fileURLToPath(new URL('../..', import.meta.url));

/** Whether this is a clone of the repository: an installed package has no sources of TypeScript. */
export const isClone = existsSync(join(packageRoot, 'tsconfig.json'));

/**
 * Chooses the server: the one that `DATABASE_URL` names; without it, in a clone or with `--embedded`, the embedded
 * one, which is started when needed.
 *
 * @throws UsageError where the variable is empty, is missing in an installed package, or contradicts `--embedded`
 */
export async function chooseServer(options: ServerOptions): Promise<ChosenServer> {
  const url = process.env.DATABASE_URL;
  if (url !== undefined && options.embedded !== true) {
    if (url.trim() === '') {
      throw new UsageError('empty_url', 'DATABASE_URL is set and empty.', {
        remedy: isClone
          ? 'Set it to postgresql://user:password@host:5432/database, or unset it to use the embedded server.'
          : 'Set it to postgresql://user:password@host:5432/database.',
      });
    }
    return { url, embedded: null };
  }
  if (url !== undefined) {
    throw new UsageError('two_servers', 'DATABASE_URL names one server and --embedded another.', {
      remedy: 'Unset DATABASE_URL, or leave --embedded out.',
    });
  }
  requireEmbedded(options);
  const embedded = await startEmbeddedServer({ directory: embeddedDirectory() });
  return { url: embedded.url, embedded };
}

/** @throws UsageError in an installed package, where the embedded server is used only when asked for by name */
export function requireEmbedded(options: ServerOptions): void {
  if (isClone || options.embedded === true) return;
  throw new UsageError('no_url', 'DATABASE_URL is not set.', {
    remedy:
      'Set it to postgresql://user:password@host:5432/database; or, for development, use a server of the ' +
      "package's own with --embedded.",
  });
}

/** Where the embedded server keeps its data: in the clone, or in the project that installed the package. */
export function embeddedDirectory(): string {
  return join(isClone ? packageRoot : projectRoot(process.cwd()), '.voicesurvey-db');
}

function projectRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (dirname(directory) === directory) return start;
  }
}
