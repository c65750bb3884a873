import { omitPublic } from '../../catalog/names.js';
import type { Lint } from './context.js';
import { nameOfRelation } from './names.js';

/** A plain `create index` on a table that was there before its file. */
export const indexOnLiveTable: Lint = {
  name: 'index-on-live-table',
  find: ({ files }) =>
    files.flatMap(({ commands, newTables }) =>
      commands.flatMap((command) => {
        const { node, offset } = command;
        if (!('IndexStmt' in node) || node.IndexStmt.concurrent === true) return [];
        const { relation } = node.IndexStmt;
        const table = nameOfRelation(relation);
        // "On only" reads no partition; each of them gets its index concurrently.
        if (newTables.has(table) || relation?.inh !== true) return [];
        return [
          {
            command,
            offset,
            message: `Nobody can write to ${omitPublic(table)}, which was there before this file, while the index is built.`,
            remedy:
              'Build it concurrently, in a migration with "-- migrate: no-transaction" at the top: ' +
              'create index concurrently if not exists …',
          },
        ];
      }),
    ),
};
