import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Migration } from '../../migrate/files/read-folder.js';
import { cleanEnvironment } from '../../postgres/embedded/clean-environment.js';
import { ExplainedError } from '../../postgres/errors/explained-error.js';
import type { Violation } from './rule.js';

/** The linter squawk, as the npm package `squawk-cli`. */
export interface Squawk {
  /** The path of its program, which Node runs. */
  readonly program: string;
  readonly version: string;
}

/** The beginning of the names of its rules, in findings and in exceptions. */
export const SQUAWK_PREFIX = 'squawk/';

/**
 * The rules of squawk that are left out. `check` and the engine answer their questions more exactly, because they run the
 * files and know which tables are live.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  // The engine sets the timeouts, and decides what runs in a transaction. PostgreSQL's own parser finds syntax errors.
  'require-lock-timeout',
  'require-statement-timeout',
  'require-timeout-settings',
  'ban-concurrent-index-creation-in-transaction',
  'ban-uncommitted-transaction',
  'transaction-nesting',
  'syntax-error',
  // index-on-live-table, constraint-on-live-table, not-null-on-live-table
  'require-concurrent-index-creation',
  'adding-foreign-key-constraint',
  'constraint-missing-not-valid',
  'disallowed-unique-constraint',
  'adding-serial-primary-key-field',
  'adding-not-nullable-field',
  // rewrites-live-table
  'changing-column-type',
  'adding-field-with-default',
  'require-concurrent-reindex',
  // deletes-data
  'ban-drop-column',
  'ban-drop-table',
  'ban-truncate-cascade',
  // timestamp-without-zone
  'prefer-timestamp-tz',
  // The proofs: up-runs over rows, up-runs-twice
  'adding-required-field',
  'prefer-robust-stmts',
]);

/**
 * Finds squawk where Node would find it for a folder: in the `node_modules` of the folder and of the folders around it.
 *
 * @returns null if it is not installed
 */
export function findSquawk(directory: string): Squawk | null {
  try {
    const path = createRequire(join(resolve(directory), 'file.js')).resolve('squawk-cli/package.json');
    const { version, bin } = JSON.parse(readFileSync(path, 'utf8'));
    return { program: join(dirname(path), bin.squawk), version };
  } catch {
    return null;
  }
}

/** A violation, with its rule. */
export interface SquawkViolation extends Violation {
  readonly name: string;
}

/**
 * Lints up files with squawk. Its settings come from the `.squawk.toml` of the folder or of a folder around it.
 *
 * @throws ExplainedError `squawk_failed`
 */
export async function lintWithSquawk(
  squawk: Squawk,
  directory: string,
  migrations: readonly Migration[],
  signal?: AbortSignal,
): Promise<readonly SquawkViolation[]> {
  const groups = [true, false].map((inTransaction) =>
    migrations.filter(({ up }) => up.options.transaction === inTransaction),
  );
  const violations: SquawkViolation[] = [];
  for (const [index, group] of groups.entries()) {
    if (group.length > 0)
      violations.push(...(await lintGroup(squawk, directory, group, index === 0, signal)));
  }
  return violations;
}

/** What squawk reports, as JSON. Lines and columns count from 0. */
interface Report {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly help: string | null;
  readonly rule_name: string;
}

async function lintGroup(
  squawk: Squawk,
  directory: string,
  migrations: readonly Migration[],
  inTransaction: boolean,
  signal: AbortSignal | undefined,
): Promise<readonly SquawkViolation[]> {
  const files = new Map(migrations.map((migration) => [resolve(migration.up.source.path), migration]));
  const mode = inTransaction ? '--assume-in-transaction' : '--no-assume-in-transaction';
  const paths = [...files.keys()].map(escapePattern);
  const reports = await run(squawk, directory, [mode, '--reporter', 'json', ...paths], signal);
  return reports
    .filter(({ rule_name: rule }) => !LEFT_OUT.has(rule))
    .flatMap((report) => {
      const migration = files.get(report.file);
      return migration === undefined ? [] : [toViolation(migration, report)];
    });
}

/** Squawk reads its arguments as patterns. */
function escapePattern(path: string): string {
  return path.replaceAll(/[*?[\]]/g, '[$&]');
}

async function run(
  { program, version }: Squawk,
  directory: string,
  options: readonly string[],
  signal: AbortSignal | undefined,
): Promise<readonly Report[]> {
  const child = spawn(process.execPath, [program, ...options], {
    cwd: directory,
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal && { signal }),
  });
  try {
    const [output, errors] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return parse(output) ?? (await Promise.reject(new Error(errors.trim() || 'no report')));
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ExplainedError('squawk_failed', `squawk ${version} failed: ${reason}.`, {
      remedy: 'Install the package squawk-cli again, correct .squawk.toml, or remove squawk-cli.',
      cause,
    });
  }
}

function parse(output: string): readonly Report[] | null {
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}

function toViolation(
  migration: Migration,
  { line, column, message, help, rule_name: rule }: Report,
): SquawkViolation {
  const lines = migration.up.source.text.split('\n');
  const start = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0);
  return {
    name: `${SQUAWK_PREFIX}${rule}`,
    migration,
    offset: start + Math.min(column, lines[line]?.length ?? 0),
    message,
    remedy: help ?? `See https://squawkhq.com/docs/${rule}`,
  };
}
