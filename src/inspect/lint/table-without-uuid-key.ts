import { omitPublic } from '../../catalog/names.js';
import type { Lint } from './context.js';
import { baseType, type Model, type Table } from './schema-model.js';

/** A table of `public`, where the product's entities are, whose rows are not known by a uuid. */
export const tableWithoutUuidKey: Lint = {
  name: 'table-without-uuid-key',
  find: ({ model }) =>
    [...model.tables.values()].flatMap((table) => {
      const isEntity = table.name.startsWith('public.') && !table.isPartition;
      const wrong = isEntity ? whatIsWrong(model, table) : null;
      if (wrong === null) return [];
      const { command, offset } = table;
      const message = `${omitPublic(table.name)} ${wrong}: a row should be known by a uuid, in all tables alike.`;
      const remedy =
        'Give it: id uuid not null default gen_random_uuid(), constraint <name> primary key (id). ' +
        'What else is unique gets a unique constraint.';
      return [{ command, offset, message, remedy }];
    }),
};

/** The key of a partitioned table has to have the columns of its partitions beside the uuid. */
function whatIsWrong(model: Model, table: Table): string | null {
  const key = [...table.constraints.values()].find(({ kind }) => kind === 'primary key');
  if (key === undefined) return 'has no primary key';
  const isUuid = key.columns.map((name) => {
    const type = table.columns.get(name)?.type;
    return type === undefined ? table.hasUnknownColumns : /\.uuid$/.test(baseType(model, type));
  });
  if (table.isPartitioned) return isUuid.includes(true) ? null : 'has a primary key without a uuid';
  return isUuid.length === 1 && isUuid[0] === true ? null : 'has a primary key that is not one uuid';
}
