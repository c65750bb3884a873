import { objectsOf } from '../../catalog/objects.js';
import { isPartition, isTimestampWithoutZone } from '../rules/table-rules.js';
import { findDefinition } from './definition.js';
import type { LintRule } from './rule.js';

/** A column whose values do not identify a moment. */
export const timestampWithoutZone: LintRule = {
  name: 'timestamp-without-zone',
  find: (folder) =>
    objectsOf(folder.catalog, 'table').flatMap((table) =>
      table.columns
        .filter(({ type }) => !isPartition(table) && isTimestampWithoutZone(type, folder.catalog))
        .map(({ name }) => ({
          ...findDefinition(folder, { kind: 'column', object: table.name, member: name }),
          message: `${table.name}.${name} is a timestamp without a time zone, so the moment depends on the time zone of the reader.`,
          remedy:
            'Use timestamptz, which takes the same space. The change rewrites a column that has rows already.',
        })),
    ),
};
