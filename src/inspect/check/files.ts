import { MigrationFileError, type Place } from '../../migrate/errors.js';
import type { Migration, Script } from '../../migrate/files.js';
import { locationOf } from '../../migrate/place.js';
import { preparer } from '../../migrate/prepare.js';
import type { Message, Work } from '../../migrate/script.js';
import { parseAsWritten } from '../../migrate/statements.js';
import type { Finding } from '../finding.js';
import type { Report } from './report.js';

/** A file as the engine runs it, and as `psql -f` would send it. */
export interface CheckedFile {
  readonly work: Work;
  readonly asWritten: readonly Message[];
}

/** A migration whose files can be run. */
export interface CheckedMigration {
  readonly migration: Migration;
  readonly up: CheckedFile;
  /** Null for an irreversible one. */
  readonly down: CheckedFile | null;
}

/** The migrations of a folder up to the first that cannot be run, and why that is. */
export interface CheckedFolder extends Report {
  readonly runnable: readonly CheckedMigration[];
}

/** Parses the files of a folder. What the engine would refuse before anything runs is a finding, and ends it. */
export async function readFiles(migrations: readonly Migration[]): Promise<CheckedFolder> {
  const prepare = preparer();
  const runnable: CheckedMigration[] = [];
  for (const migration of migrations) {
    const read = async (direction: 'up' | 'down', script: Script): Promise<CheckedFile> => ({
      work: await prepare({ ...migration, migration }, direction, script),
      asWritten: (await parseAsWritten(script.source)).map((statement) => ({
        step: 'statement',
        sql: statement.sql,
        statement,
      })),
    });
    try {
      const up = await read('up', migration.up);
      const down = migration.down && (await read('down', migration.down));
      runnable.push({ migration, up, down });
    } catch (error) {
      if (!(error instanceof MigrationFileError) || error.place === undefined) throw error;
      const rest = migrations.slice(runnable.length + 1);
      return {
        runnable,
        findings: [refused(migration, error, error.place)],
        notes: rest.map((each) => notTried(each, migration)),
      };
    }
  }
  return { runnable, findings: [], notes: [] };
}

function refused(
  { label }: Migration,
  { code, message, remedy }: MigrationFileError,
  { file, line, column }: Place,
): Finding {
  const text = asSentence(message.replace(`${locationOf({ file, line, column })}: `, ''));
  return { rule: code.replaceAll('_', '-'), migration: label, file, line, column, message: text, remedy };
}

/** The note on a migration that comes behind one that cannot be applied. */
export function notTried({ label, up }: Migration, failed: Migration): Finding {
  return {
    rule: 'not-tried',
    migration: label,
    file: up.source.path,
    line: null,
    column: null,
    message: `Not tried, since ${failed.label} cannot be applied.`,
    remedy: 'Correct what is in the way, and run the check again.',
  };
}

/** The text with a capital letter. */
export function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
