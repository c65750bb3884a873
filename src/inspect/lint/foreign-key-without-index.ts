import { omitPublic } from '../../catalog/names.js';
import type { Lint, Report } from './context.js';
import type { Constraint, Table } from './schema-model.js';

/** A foreign key whose columns lead no index, when all files have run. */
export const foreignKeyWithoutIndex: Lint = {
  name: 'foreign-key-without-index',
  find: ({ model }) =>
    [...model.tables.values()].flatMap((table) =>
      [...table.constraints.values()]
        .filter((constraint) => constraint.kind === 'foreign key' && !isLed(table, constraint))
        .map((constraint) => report(table, constraint)),
    ),
};

function isLed({ indexes, constraints }: Table, { columns }: Constraint): boolean {
  return (
    [...indexes.values()].some((index) => !index.isPartial && leads(index.columns, columns)) ||
    [...constraints.values()].some(
      ({ kind, columns: keys }) => (kind === 'primary key' || kind === 'unique') && leads(keys, columns),
    )
  );
}

function leads(index: readonly string[], columns: readonly string[]): boolean {
  const first = index.slice(0, columns.length);
  return columns.every((column) => first.includes(column));
}

/** Where a later file has dropped the index, the fault is that file's. */
function report(table: Table, constraint: Constraint): Report {
  const lost = table.dropped.findLast(
    ({ columns, by }) =>
      leads(columns, constraint.columns) && by.migration.version > constraint.command.migration.version,
  );
  const name = omitPublic(table.name);
  const columns = constraint.columns.join(', ');
  return {
    command: lost?.by ?? constraint.command,
    offset: lost?.by.offset ?? constraint.offset,
    message:
      `${lost === undefined ? 'No index begins' : 'After this no index begins'} with ${columns} of ${name}, a foreign key: ` +
      `who deletes a row of ${omitPublic(constraint.references)} reads all of ${name}.`,
    remedy: `Index it: create index … on ${name} (${columns}), concurrently if the table was there before.`,
  };
}
