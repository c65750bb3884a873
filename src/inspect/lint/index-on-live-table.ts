import { nameOfRelation } from './names.js';
import { isNewTable } from './new-table.js';
import type { LintRule } from './rule.js';

/** A `create index` on an existing table that is not built concurrently. */
export const indexOnLiveTable: LintRule = {
  name: 'index-on-live-table',
  find: ({ files }) =>
    files.flatMap((file) =>
      file.commands.flatMap((command) => {
        const { node, migration, offset } = command;
        if (!('IndexStmt' in node) || node.IndexStmt.concurrent === true) return [];
        const { relation } = node.IndexStmt;
        const table = nameOfRelation(relation);
        // "On only" reads no partition. Each partition then gets its index concurrently.
        if (relation?.inh !== true || isNewTable(file, command, table)) return [];
        return [
          {
            migration,
            offset,
            message: `The build of the index blocks every writer of ${table}, which exists before this file.`,
            remedy:
              'Build it concurrently, in a migration with "-- migrate: no-transaction" at the top: ' +
              'create index concurrently if not exists …',
          },
        ];
      }),
    ),
};
