import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

/** Whether psql is on this machine; CI requires it. */
export const hasPsql: boolean = process.env.REQUIRE_PSQL === '1' || isThere();

function isThere(): boolean {
  try {
    execFileSync('psql', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Runs a script by psql, in its folder; rejects where psql fails. */
export async function runPsql(url: string, folder: string, file: string): Promise<void> {
  await promisify(execFile)('psql', ['--no-psqlrc', `--dbname=${url}`, `--file=${file}`], { cwd: folder });
}
