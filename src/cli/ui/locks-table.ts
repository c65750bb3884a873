import { omitPublic } from '../../catalog/names.js';
import { LOCK_MODES, type LockMode } from '../../inspect/locks/modes.js';
import type { LocksResult, TableLock } from '../../inspect/locks.js';
import { encodeName } from '../../text/encode.js';
import { plural } from '../../text/plural.js';
import { displayPath } from './paths.js';

/** The effect of each lock on other sessions. */
const MEANINGS: Readonly<Record<LockMode, string>> = {
  'access share': 'blocks only sessions that need an exclusive lock',
  'row share': 'blocks only sessions that need an exclusive lock',
  'row exclusive': 'others read and write; building an index waits',
  'share update exclusive': 'others read and write; other schema changes wait',
  share: 'others read; writes wait',
  'share row exclusive': 'others read; writes wait',
  exclusive: 'others read; writes wait',
  'access exclusive': 'reads and writes wait',
};

const WIDEST_TABLE = 29;

/**
 * The locks of each file: a summary, and a table of at most 80 columns with what the lock modes mean. The locks of readers are
 * left out.
 */
export function locksTable({ migrations, locks }: LocksResult): {
  readonly summary: string;
  readonly table: readonly string[];
} {
  const listed = locks.filter(({ lock, rewrites }) => rewrites || lock !== 'access share');
  const files = [...new Set(listed.map(({ file }) => file))];
  const width = Math.min(
    WIDEST_TABLE,
    Math.max(0, ...listed.map(({ table }) => encodeName(omitPublic(table)).length)),
  );
  const modes = LOCK_MODES.filter((mode) => listed.some(({ lock }) => lock === mode)).toReversed();
  const table = [
    ...files.flatMap((file) => {
      const locksOfFile = listed.filter((lock) => lock.file === file);
      return [headingFor(file, locksOfFile), ...locksOfFile.flatMap((lock) => rowsFor(lock, width)), ''];
    }),
    ...modes.map((mode) => `${mode.padEnd(22)}  ${MEANINGS[mode]}`),
  ];
  return { summary: `${plural(migrations, 'migration')}: ${summaryOf(listed)}.`, table };
}

function headingFor(file: string, [first]: readonly TableLock[]): string {
  const until = first?.until === 'statement' ? ', each lock for its statement' : '';
  return `${displayPath(file)}${until}`;
}

function rowsFor({ line: number, lock, table, rewrites, size }: TableLock, width: number): string[] {
  const cells = [
    String(number).padStart(5),
    lock.padEnd(22),
    truncated(encodeName(omitPublic(table))).padEnd(width),
    size === null ? '' : describeSize(size),
  ];
  const row = cells.join('  ').trimEnd();
  return rewrites ? [row, '       and rewrites the table'] : [row];
}

function describeSize({ bytes, rows }: NonNullable<TableLock['size']>): string {
  if (rows === null) return describeBytes(bytes);
  // Made here and not once for all commands: it loads 7 MB of ICU data.
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 });
  return `${describeBytes(bytes)} ~${compact.format(rows)} rows`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

function describeBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${amount.toFixed(amount < 10 && power > 0 ? 1 : 0)} ${UNITS[power]}`;
}

function truncated(name: string): string {
  return name.length > WIDEST_TABLE ? `${name.slice(0, WIDEST_TABLE - 1)}…` : name;
}

function summaryOf(listed: readonly TableLock[]): string {
  if (listed.length === 0) return 'no lock on an existing table';
  const rewritten = listed.filter(({ rewrites }) => rewrites).length;
  return `${plural(listed.length, 'lock')} on existing tables, ${rewritten === 0 ? 'no rewrite' : plural(rewritten, 'rewrite')}`;
}
