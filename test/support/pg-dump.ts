import { execFile, execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const DEBIAN = '/usr/lib/postgresql';

/** The pg_dump in PATH, and those of Debian's packages. */
function candidates(): readonly string[] {
  try {
    return ['pg_dump', ...readdirSync(DEBIAN).map((major) => join(DEBIAN, major, 'bin', 'pg_dump'))];
  } catch {
    return ['pg_dump'];
  }
}

function majorOf(command: string): number {
  try {
    return Number(/(\d+)/.exec(execFileSync(command, ['--version'], { encoding: 'utf8' }))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/**
 * Finds a pg_dump on this machine that can dump a server.
 *
 * @param serverMajor the server's major version; an older pg_dump refuses it
 * @returns its command; null if no pg_dump fits
 */
export function findPgDump(serverMajor: number): string | null {
  return candidates().find((command) => majorOf(command) >= serverMajor) ?? null;
}

/** Dumps a database into a file of SQL. */
export async function dumpInto(command: string, url: string, file: string): Promise<void> {
  await promisify(execFile)(command, ['--no-owner', `--dbname=${url}`, `--file=${file}`]);
}
