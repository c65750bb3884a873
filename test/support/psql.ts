import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';

/** Whether psql is installed on this machine; CI requires it. */
export const hasPsql: boolean = process.env.REQUIRE_PSQL === '1' || isInstalled();

function isInstalled(): boolean {
  try {
    execFileSync('psql', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** Runs a script with psql, in the folder of the script; rejects if psql fails. */
export async function runPsql(url: string, folder: string, file: string): Promise<void> {
  await promisify(execFile)('psql', ['--no-psqlrc', `--dbname=${url}`, `--file=${file}`], { cwd: folder });
}
