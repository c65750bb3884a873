import type { Node } from 'libpg-query';
import { joinName, nameOfRelation } from './names.js';
import type { LintRule } from './rule.js';

/** A new partition for which the server reads all rows of an existing table, under a lock that blocks every other session. */
export const partitionOnLiveTable: LintRule = {
  name: 'partition-on-live-table',
  find: ({ files }) =>
    files.flatMap(({ migration, scans, commands }) =>
      scans.map(({ statement, table: { schema, name } }) => {
        const table = joinName([schema, name]);
        const attached = commands
          .filter(
            ({ offset }) => offset >= statement.offset && offset <= statement.offset + statement.sql.length,
          )
          .flatMap(({ node }) => attachedTables(node));
        const rows = attached.includes(table)
          ? 'proves that its rows are within the bounds of the partition'
          : 'proves that it has no row within the bounds of the new partition';
        return {
          migration,
          offset: statement.offset,
          message: `This reads every row of ${table} under a lock that blocks every other session, to find out whether a row belongs to another partition.`,
          remedy: `Add a check to ${table} that ${rows} as "not valid", and validate it in the next migration. A later migration then adds the partition and reads no row, and the check can be dropped.`,
        };
      }),
    ),
};

function attachedTables(node: Node): readonly string[] {
  const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
  return commands.flatMap((item) => {
    const { subtype, def } = 'AlterTableCmd' in item ? item.AlterTableCmd : {};
    return subtype === 'AT_AttachPartition' && def !== undefined && 'PartitionCmd' in def
      ? [nameOfRelation(def.PartitionCmd.name)]
      : [];
  });
}
