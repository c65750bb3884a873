import { objectsOf } from '../../catalog/objects.js';
import { isPartition } from '../rules/table-rules.js';
import { findDefinition } from './definition.js';
import type { LintRule } from './rule.js';

/** A constraint or an index whose name PostgreSQL has generated. */
export const withoutName: LintRule = {
  name: 'without-name',
  find: (folder) =>
    objectsOf(folder.catalog, 'table')
      .filter((table) => !isPartition(table))
      .flatMap((table) => [
        ...table.members('constraint').map(({ name, facts }) => ({
          ...findDefinition(folder, { kind: 'constraint', object: table.name, member: name }),
          message:
            `A ${facts.kind} constraint of ${table.name} has no explicit name. ` +
            'Errors show the name, so it should say which rule is violated.',
          remedy: 'Write "constraint <the rule in words>" before it.',
        })),
        ...table.members('index').map(({ name }) => ({
          ...findDefinition(folder, { kind: 'index', object: table.name, member: name }),
          message: `An index on ${table.name} has no explicit name, so a later file cannot refer to it reliably.`,
          remedy: `Write: create index <what it finds> on ${table.name} …`,
        })),
      ])
      .filter(({ isNamed }) => !isNamed),
};
