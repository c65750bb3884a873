import { omitPublic } from '../../catalog/names.js';
import type { Command } from './commands.js';
import { constraintsIn, type WrittenConstraint } from './constraints.js';
import type { FileInFolder, Lint, Report } from './context.js';
import { nameOfRelation } from './names.js';

const VALIDATE_LATER =
  'Add it with "not valid", which reads no row, and validate it in a migration of its own: ' +
  'alter table … validate constraint …';

/** A constraint that reads or indexes all rows of a table, under a lock that stops who writes, where it need not. */
export const constraintOnLiveTable: Lint = {
  name: 'constraint-on-live-table',
  find: ({ files }) => files.flatMap((file) => file.commands.flatMap((command) => inCommand(file, command))),
};

function inCommand(file: FileInFolder, command: Command): readonly Report[] {
  const { node } = command;
  if (!('AlterTableStmt' in node)) return [];
  const table = nameOfRelation(node.AlterTableStmt.relation);
  if (file.newTables.has(table)) return [];
  return [
    ...constraintsIn(command).flatMap((constraint) => whatItDoes(command, constraint)),
    ...validatedAtOnce(file, command, table),
  ];
}

function whatItDoes(command: Command, { table, kind, node, offset }: WrittenConstraint): readonly Report[] {
  const name = omitPublic(table);
  const report = (message: string, remedy: string): Report[] => [{ command, offset, message, remedy }];
  if (kind === 'check' || kind === 'foreign key') {
    if (node.initially_valid !== true) return [];
    const others =
      kind === 'check' ? 'read or write it' : `write to it or to ${omitPublic(nameOfRelation(node.pktable))}`;
    return report(`Every row of ${name} is read while nobody can ${others}.`, VALIDATE_LATER);
  }
  if (kind === 'exclusion') {
    return report(
      `Nobody can read or write ${name} while the index of the constraint is built.`,
      'PostgreSQL has no other way to add one: say in the file why it may be, or make a new table with it.',
    );
  }
  if (node.indexname !== undefined) return [];
  return report(
    `Nobody can read or write ${name} while the index of the constraint is built.`,
    'Build the index first, in a no-transaction migration: create unique index concurrently … ; ' +
      `then: add constraint … ${kind} using index …`,
  );
}

/** In one transaction the lock of `add constraint` is held while `validate` reads. */
function validatedAtOnce(file: FileInFolder, command: Command, table: string): readonly Report[] {
  if (!file.migration.up.options.transaction) return [];
  const added = new Set(
    file.commands.flatMap(constraintsIn).flatMap((one) => (one.table === table ? [one.name] : [])),
  );
  return validatedBy(command).flatMap((name) =>
    added.has(name)
      ? [
          {
            command,
            offset: command.offset,
            message:
              `${name} is validated in the transaction that adds it: every row of ${omitPublic(table)} is read ` +
              'while the lock of adding it keeps others out.',
            remedy: 'Validate it in the next migration, which lets everybody read and write meanwhile.',
          },
        ]
      : [],
  );
}

function validatedBy({ node }: Command): readonly string[] {
  const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
  return commands.flatMap((item) =>
    'AlterTableCmd' in item && item.AlterTableCmd.subtype === 'AT_ValidateConstraint'
      ? [item.AlterTableCmd.name ?? '']
      : [],
  );
}
