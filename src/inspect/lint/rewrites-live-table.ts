import type { Node } from 'libpg-query';
import type { MeasuredLock } from '../locks/measurements.js';
import { blocksWrites } from '../locks/modes.js';
import { joinName } from './names.js';
import type { LintRule } from './rule.js';

/** A measured statement that rewrites an existing table, or rebuilds its indexes, under a lock that blocks other sessions. */
export const rewritesLiveTable: LintRule = {
  name: 'rewrites-live-table',
  find: ({ files }) =>
    files.flatMap(({ migration, locks }) =>
      locks.filter(writesAgain).map(({ statement: { node, offset }, table: { schema, name }, rewrites }) => ({
        migration,
        offset,
        message: `This ${rewrites ? 'rewrites' : 'rebuilds indexes of'} ${joinName([schema, name])} under a lock that blocks other sessions until all rows are written.`,
        remedy: remedyFor(node),
      })),
    ),
};

function writesAgain({ rewrites, rebuilds, lock, statement: { node } }: MeasuredLock): boolean {
  return (rewrites || (rebuilds && blocksWrites(lock))) && !('TruncateStmt' in node);
}

function remedyFor(node: Node): string {
  if ('ReindexStmt' in node) {
    return 'Use "reindex … concurrently", in a migration with "-- migrate: no-transaction" at the top.';
  }
  if ('RefreshMatViewStmt' in node) {
    return 'Give it a unique index, and use: refresh materialized view concurrently …';
  }
  if ('VacuumStmt' in node || 'ClusterStmt' in node) {
    return 'Do it outside of migrations, in a maintenance window or with a tool such as pg_repack.';
  }
  const kinds = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []).map(kindOf) : [];
  if (kinds.includes('AT_AlterColumnType')) {
    return 'Add a column of the new type, fill it in batches, and change over as for a rename (docs/migrations.md).';
  }
  if (kinds.includes('AT_AddColumn')) {
    return 'Add the column without its default, and set the default by a second statement, for new rows only: alter column … set default … Then fill the existing rows in batches.';
  }
  return 'Create a new table, copy the rows in batches, and exchange the tables, or allow an exception with the reason.';
}

function kindOf(command: Node): string | undefined {
  return 'AlterTableCmd' in command ? command.AlterTableCmd.subtype : undefined;
}
