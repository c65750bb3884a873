import type { Migration } from '../../migrate/files/read-folder.js';
import { statementMessage } from '../../migrate/script/message.js';
import { downWork, fileParser, upWork, type Work } from '../../migrate/script/work.js';
import { MigrationFileError, type SourceLocation } from '../../sql/errors.js';
import { formatLocation } from '../../sql/location.js';
import { parseAsWritten } from '../../sql/statements.js';
import { capitalize } from '../../text/capitalize.js';
import type { CheckFinding } from '../finding.js';
import type { CheckedFile, CheckedMigration } from './checked-file.js';
import type { Report } from './report.js';

/** The migrations of a folder up to the first that cannot be run, and why that is. */
export interface CheckedFolder extends Report {
  readonly runnable: readonly CheckedMigration[];
}

/** Parses the files of a folder. What the engine would refuse before anything runs is a finding, and ends it. */
export async function readFiles(migrations: readonly Migration[]): Promise<CheckedFolder> {
  const parse = fileParser();
  const runnable: CheckedMigration[] = [];
  for (const migration of migrations) {
    try {
      const up = await checkedFile(await upWork(migration, parse));
      const down = migration.down && (await checkedFile(await downWork(migration, migration.down, parse)));
      runnable.push({ migration, up, down });
    } catch (error) {
      if (!(error instanceof MigrationFileError) || error.location === undefined) throw error;
      const rest = migrations.slice(runnable.length + 1);
      return {
        runnable,
        findings: [refused(migration, error, error.location)],
        notes: rest.map((each) => notTried(each, migration)),
      };
    }
  }
  return { runnable, findings: [], notes: [] };
}

async function checkedFile(work: Work): Promise<CheckedFile> {
  const statements = await parseAsWritten(work.script.source);
  return { work, asWritten: statements.map((statement) => statementMessage(work, statement)) };
}

function refused(
  { label }: Migration,
  { code, message, remedy }: MigrationFileError,
  { file, line, column }: SourceLocation,
): CheckFinding {
  const text = capitalize(message.replace(`${formatLocation({ file, line, column })}: `, ''));
  return { rule: code.replaceAll('_', '-'), migration: label, file, line, column, message: text, remedy };
}

/** The note on a migration that comes behind one that cannot be applied. */
export function notTried({ label, up }: Migration, failed: Migration): CheckFinding {
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
