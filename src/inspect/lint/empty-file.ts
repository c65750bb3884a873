import { EMPTY_UP_REMEDY } from '../../migrate/files/empty-up.js';
import type { LintRule } from './rule.js';

/**
 * A file without a statement, such as a new file that is not written yet: an up file, or a down file whose up file has
 * statements.
 */
export const emptyFile: LintRule = {
  name: 'empty-file',
  find: ({ files }) =>
    files.flatMap(({ migration, statements, isDownEmpty }) => {
      if (statements.length === 0) {
        return [
          {
            migration,
            offset: 0,
            message: 'The file has no statement, so that up refuses to apply it.',
            remedy: EMPTY_UP_REMEDY,
          },
        ];
      }
      if (!isDownEmpty) return [];
      return [
        {
          migration,
          offset: statements[0]?.offset ?? 0,
          message: 'Its down file has no statement, so that down refuses to roll it back.',
          remedy: `Write ${migration.name}.down.sql. If it has nothing to undo, write: select 1; If the migration cannot be rolled back, delete the down file and write at the top of the up file: -- migrate: irreversible <reason>`,
        },
      ];
    }),
};
