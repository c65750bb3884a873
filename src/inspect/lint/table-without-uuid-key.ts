import { objectsOf } from '../../catalog/objects.js';
import { describeKeyProblem, isPartition } from '../rules/table-rules.js';
import { findDefinition } from './definition.js';
import type { LintRule } from './rule.js';

/** A table of `public`, the schema of the product's entities, whose primary key is not a single uuid. */
export const tableWithoutUuidKey: LintRule = {
  name: 'table-without-uuid-key',
  find: (folder) =>
    objectsOf(folder.catalog, 'table').flatMap((table) => {
      const isEntity = !table.name.includes('.') && !isPartition(table);
      const problem = isEntity ? describeKeyProblem(table, folder.catalog) : null;
      if (problem === null) return [];
      return [
        {
          ...findDefinition(folder, { kind: 'table', object: table.name }),
          message: `${table.name} ${problem}. Rows of all tables are identified by a uuid.`,
          remedy:
            'Add: id uuid not null default gen_random_uuid(), constraint <name> primary key (id). ' +
            'Give other unique columns a unique constraint.',
        },
      ];
    }),
};
