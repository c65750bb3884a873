import type { LintRule } from './rule.js';

/** An up file without a statement, such as a new file that was applied before it was written. */
export const emptyFile: LintRule = {
  name: 'empty-file',
  find: ({ files }) =>
    files
      .filter(({ statements }) => statements.length === 0)
      .map(({ migration }) => ({
        migration,
        offset: 0,
        message:
          'The file has no statement. Once it is applied, no database runs the statements that are written into it later.',
        remedy:
          'Write its statements, or delete it and its down file. If the version must stay, write: select 1;',
      })),
};
