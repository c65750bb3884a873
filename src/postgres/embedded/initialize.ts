import { lchown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedServerError } from '../errors/explained-error.js';
import { SET_URL } from './another-server.js';
import type { EmbeddedBinaries } from './binaries.js';
import { type ProgramResult, runProgram } from './run-program.js';
import { errorLines, remedyForOutput } from './server-log.js';
import { generatePassword } from './server-password.js';
import type { ServerUser } from './server-user.js';

/**
 * Initializes a server in an empty folder: its password, its data and an empty database `voicesurvey`.
 *
 * @param options.folder an empty folder of this user
 * @param options.user the owner of all files; null for the user of this process
 * @param options.signal ends the programs of PostgreSQL
 * @throws EmbeddedServerError `embedded_initdb_failed` with the errors of PostgreSQL
 */
export async function initializeServer(options: {
  readonly folder: string;
  readonly user: ServerUser | null;
  readonly binaries: EmbeddedBinaries;
  readonly signal?: AbortSignal | undefined;
}): Promise<void> {
  const { folder, user, binaries, signal } = options;
  const [data, password] = [join(folder, 'data'), join(folder, 'password')];
  await writeFile(password, `${generatePassword()}\n`, { mode: 0o600, flag: 'wx' });
  await mkdir(data, { mode: 0o700 });
  if (user !== null) {
    for (const path of [password, data, folder]) await lchown(path, user.uid, user.gid);
  }
  // PostgreSQL's built-in C.UTF-8 sorts and folds case in the same way on every system, without an installed locale.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${password}`];
  // The operating system writes the files within seconds. Until then, losing the new server loses nothing.
  const speed = ['--no-sync', '--no-instructions'];
  const initdb = [`--pgdata=${data}`, ...locale, ...access, ...speed];
  requireSuccess(await runProgram(binaries.initdb, initdb, user, { signal }));

  const single = ['--single', '-F', '-D', data, '-c', 'exit_on_error=on', 'postgres'];
  requireSuccess(
    await runProgram(binaries.postgres, single, user, { input: 'create database voicesurvey;\n', signal }),
  );
}

function requireSuccess({ succeeded, output }: ProgramResult): void {
  if (succeeded) return;
  throw new EmbeddedServerError(
    'embedded_initdb_failed',
    `PostgreSQL could not create a data directory for the embedded server:\n${errorLines(output)}`,
    {
      remedy:
        remedyForOutput(output) ?? `Fix what PostgreSQL reports and run the command again, or ${SET_URL}.`,
    },
  );
}
