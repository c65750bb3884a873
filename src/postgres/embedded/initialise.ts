import { lchown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EmbeddedServerError } from '../errors.js';
import type { EmbeddedBinaries } from './binaries.js';
import { type ProgramResult, runProgram } from './run-program.js';
import { tellingLines } from './server-log.js';
import { makePassword } from './server-password.js';
import type { ServerUser } from './server-user.js';

/**
 * Fills an empty folder with a new server: its password, its data and an empty database `voicesurvey`.
 *
 * @param options.folder an empty folder of ours
 * @param options.user whom everything is to belong to; null for ourselves
 * @throws EmbeddedServerError `embedded_initdb_failed` with what PostgreSQL said
 */
export async function initialise(options: {
  readonly folder: string;
  readonly user: ServerUser | null;
  readonly binaries: EmbeddedBinaries;
}): Promise<void> {
  const { folder, user, binaries } = options;
  const [data, password] = [join(folder, 'data'), join(folder, 'password')];
  await writeFile(password, `${makePassword()}\n`, { mode: 0o600, flag: 'wx' });
  await mkdir(data, { mode: 0o700 });
  if (user !== null) {
    for (const path of [password, data, folder]) await lchown(path, user.uid, user.gid);
  }
  // PostgreSQL's own C.UTF-8 sorts and folds case alike on every system, and none has to have it installed.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${password}`];
  // Written back by the system within seconds; until then, there is nothing in it that anybody would miss.
  const speed = ['--no-sync', '--no-instructions'];
  insist(await runProgram(binaries.initdb, [`--pgdata=${data}`, ...locale, ...access, ...speed], user));

  const single = ['--single', '-F', '-D', data, '-c', 'exit_on_error=on', 'postgres'];
  insist(await runProgram(binaries.postgres, single, user, 'create database voicesurvey;\n'));
}

function insist({ succeeded, output }: ProgramResult): void {
  if (succeeded) return;
  const full = /No space left on device|Disk quota exceeded/.test(output);
  throw new EmbeddedServerError(
    'embedded_initdb_failed',
    `PostgreSQL could not make a new data directory:\n${tellingLines(output)}`,
    {
      remedy: full
        ? 'Free some disk space (a new server takes 60 MB) and run it again.'
        : 'See to what PostgreSQL says and run it again, or set DATABASE_URL to the address of a PostgreSQL 15 or newer.',
    },
  );
}
