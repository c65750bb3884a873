import { MigrationFileError } from '../../migrate/errors.js';
import type { Migration, Script } from '../../migrate/files.js';
import type { Message, Work } from '../../migrate/script.js';
import { parseAsWritten } from '../../migrate/statements.js';
import { preparer } from '../../migrate/work.js';
import type { Finding } from '../finding.js';

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
export interface CheckedFolder {
  readonly runnable: readonly CheckedMigration[];
  readonly findings: readonly Finding[];
}

/** Parses the files of a folder. What the engine would refuse to run is a finding, and ends it. */
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
      return { runnable, findings: [cannotRun(migration, error, error.place)] };
    }
  }
  return { runnable, findings: [] };
}

function cannotRun(
  { label }: Migration,
  { message, remedy }: MigrationFileError,
  { file, line, column }: NonNullable<MigrationFileError['place']>,
): Finding {
  const text = message.replace(`${file}:${line}:${column}: `, '');
  return { rule: 'file-can-run', migration: label, file, line, column, message: asSentence(text), remedy };
}

/** The text with a capital letter. */
export function asSentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
