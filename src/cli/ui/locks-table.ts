import { omitPublic } from '../../catalog/names.js';
import { LOCK_MODES, type LockMode } from '../../inspect/locks/modes.js';
import type { LocksResult, TableLock } from '../../inspect/locks.js';
import { plural } from '../../text/plural.js';
import { shownPath } from './paths.js';

/** What others cannot do meanwhile. */
const STOPS: Readonly<Record<LockMode, string>> = {
  'access share': 'nobody is stopped but who wants the table for itself',
  'row share': 'nobody is stopped but who wants the table for itself',
  'row exclusive': 'everybody reads and writes; no index is built',
  'share update exclusive': 'everybody reads and writes; no other schema change',
  share: 'everybody reads, nobody writes',
  'share row exclusive': 'everybody reads, nobody writes',
  exclusive: 'everybody reads, nobody writes',
  'access exclusive': 'nobody reads or writes',
};

const WIDEST_TABLE = 29;

/** The locks of each file as a table of at most 80 columns, and what they mean. Locks of readers are left out. */
export function locksLines({ migrations, locks }: LocksResult): string[] {
  const told = locks.filter(({ lock, rewrites }) => rewrites || lock !== 'access share');
  const files = [...new Set(told.map(({ file }) => file))];
  const width = Math.min(WIDEST_TABLE, Math.max(0, ...told.map(({ table }) => omitPublic(table).length)));
  const modes = LOCK_MODES.filter((mode) => told.some(({ lock }) => lock === mode)).toReversed();
  return [
    ...files.flatMap((file) => {
      const ofFile = told.filter((lock) => lock.file === file);
      return [heading(file, ofFile), ...ofFile.flatMap((lock) => rows(lock, width)), ''];
    }),
    ...modes.map((mode) => `${mode.padEnd(22)}  ${STOPS[mode]}`),
    `${plural(migrations, 'migration')}: ${summaryOf(told)}.`,
  ];
}

function heading(file: string, [first]: readonly TableLock[]): string {
  const until = first?.until === 'statement' ? ', each lock for its statement' : '';
  return `${shownPath(file)}${until}`;
}

function rows({ line: number, lock, table, rewrites, size }: TableLock, width: number): string[] {
  const cells = [
    String(number).padStart(5),
    lock.padEnd(22),
    shortened(omitPublic(table)).padEnd(width),
    size === null ? '' : sizeInWords(size),
  ];
  const line = cells.join('  ').trimEnd();
  return rewrites ? [line, '       and writes all its rows anew'] : [line];
}

function sizeInWords({ bytes, rows }: NonNullable<TableLock['size']>): string {
  if (rows === null) return bytesInWords(bytes);
  // Made here and not once for all: ICU's data are 7 MB, which no other command needs.
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 2 });
  return `${bytesInWords(bytes)} ~${compact.format(rows)} rows`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

function bytesInWords(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  const amount = bytes / 1024 ** power;
  return `${amount.toFixed(amount < 10 && power > 0 ? 1 : 0)} ${UNITS[power]}`;
}

function shortened(name: string): string {
  return name.length > WIDEST_TABLE ? `${name.slice(0, WIDEST_TABLE - 1)}…` : name;
}

function summaryOf(told: readonly TableLock[]): string {
  const rewriting = told.filter(({ rewrites }) => rewrites).length;
  if (told.length === 0) return 'no lock on a table from before';
  const locks = `${plural(told.length, 'lock')} on tables from before`;
  const anew = rewriting === 1 ? '1 writes all rows anew' : `${rewriting} write all rows anew`;
  return rewriting === 0 ? `${locks}, and none writes all rows anew` : `${locks}; ${anew}`;
}
