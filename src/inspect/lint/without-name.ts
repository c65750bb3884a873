import { omitPublic } from '../../catalog/names.js';
import type { Lint } from './context.js';

const WHY = 'people meet the name in errors, where it should read as the rule that was broken.';

/** A constraint or an index whose name PostgreSQL makes up. */
export const withoutName: Lint = {
  name: 'without-name',
  find: ({ model }) =>
    [...model.tables.values()].flatMap((table) => {
      if (table.isPartition) return [];
      const of = omitPublic(table.name);
      return [
        ...[...table.constraints.values()].map((constraint) => ({
          ...constraint,
          message: `A ${constraint.kind} constraint of ${of} has no name of its own: ${WHY}`,
          remedy: 'Write "constraint <the rule in words>" before it.',
        })),
        ...[...table.indexes.values()].map((index) => ({
          ...index,
          message: `An index on ${of} has no name of its own, so no later file can name it for sure.`,
          remedy: `Write: create index <what it finds> on ${of} …`,
        })),
      ]
        .filter(({ hasOwnName }) => !hasOwnName)
        .map(({ command, offset, message, remedy }) => ({ command, offset, message, remedy }));
    }),
};
