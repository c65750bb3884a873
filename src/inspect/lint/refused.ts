import { MigrationFileError } from '../../migrate/errors.js';
import { refuseWhatCannotRun } from '../../migrate/refusals.js';
import type { Finding } from '../finding.js';
import type { LintedFile } from './commands.js';

/**
 * What the engine would refuse before anything runs, such as an enum value that is added and used in one file. No
 * exception allows it.
 */
export function refused({ migration, statements }: LintedFile): readonly Finding[] {
  try {
    refuseWhatCannotRun(migration.up, statements);
    return [];
  } catch (error) {
    if (!(error instanceof MigrationFileError) || error.place === undefined) throw error;
    const { file, line, column } = error.place;
    const what = error.message.replace(`${file}:${line}:${column}: `, '');
    const message = what.charAt(0).toUpperCase() + what.slice(1);
    const rule = error.code.replaceAll('_', '-');
    return [{ rule, migration: migration.label, file, line, column, message, remedy: error.remedy }];
  }
}
