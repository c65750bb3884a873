import type { MigrationSet } from '../../catalog/migration-set.js';
import type { Migration } from '../../migrate/files/read-folder.js';
import { statementMessage } from '../../migrate/script/message.js';
import { downWork, fileParser, upWork, type Work } from '../../migrate/script/work.js';
import { MigrationFileError, type SourceLocation } from '../../sql/errors.js';
import { formatLocation } from '../../sql/location.js';
import { parseAsWritten } from '../../sql/statements.js';
import { capitalize } from '../../text/capitalize.js';
import type { CheckedFile, CheckedMigration } from './checked-file.js';
import type { CheckFinding } from './finding.js';
import type { Report } from './report.js';

/** The parsed migrations of a folder. */
export interface ParsedFolder extends Report {
  /** The migrations before the first one that the engine refuses. */
  readonly runnable: readonly CheckedMigration[];
}

/** Parses the files of a folder up to the first one that the engine refuses, which is a finding. */
export async function parseFiles(migrations: readonly Migration[], set: MigrationSet): Promise<ParsedFolder> {
  const parse = fileParser(set);
  const runnable: CheckedMigration[] = [];
  for (const migration of migrations) {
    try {
      const up = await toCheckedFile(await upWork(migration, parse));
      const down = migration.down && (await toCheckedFile(await downWork(migration, migration.down, parse)));
      runnable.push({ migration, up, down });
    } catch (error) {
      if (!(error instanceof MigrationFileError) || error.location === undefined) throw error;
      const rest = migrations.slice(runnable.length + 1);
      return {
        runnable,
        findings: [toFinding(migration, error, error.location)],
        notes: rest.map((each) => noteNotRun(each, migration)),
      };
    }
  }
  return { runnable, findings: [], notes: [] };
}

async function toCheckedFile(work: Work): Promise<CheckedFile> {
  const statements = await parseAsWritten(work.script.source);
  return { work, psqlMessages: statements.map((statement) => statementMessage(work, statement)) };
}

function toFinding(
  { label }: Migration,
  { code, message, remedy }: MigrationFileError,
  { file, line, column }: SourceLocation,
): CheckFinding {
  const text = capitalize(message.replace(`${formatLocation({ file, line, column })}: `, ''));
  return { rule: code.replaceAll('_', '-'), migration: label, file, line, column, message: text, remedy };
}

/** The note on a migration that comes after one that cannot be applied. */
export function noteNotRun({ label, up }: Migration, failed: Migration): CheckFinding {
  return {
    rule: 'not-tried',
    migration: label,
    file: up.source.path,
    line: null,
    column: null,
    message: `Not run, because ${failed.label} cannot be applied.`,
    remedy: `Fix ${failed.label}, and run the check again.`,
  };
}
