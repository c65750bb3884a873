import { omitPublic } from '../../catalog/names.js';
import type { Lint } from './context.js';
import { baseType } from './schema-model.js';

/** A column that holds the reading of a clock and not a moment. */
export const timestampWithoutZone: Lint = {
  name: 'timestamp-without-zone',
  find: ({ model }) =>
    [...model.tables.values()].flatMap((table) =>
      table.isPartition
        ? []
        : [...table.columns.values()]
            .filter(({ type }) => baseType(model, type) === 'pg_catalog.timestamp')
            .map(({ name, command, offset }) => ({
              command,
              offset,
              message:
                `${omitPublic(table.name)}.${name} is a timestamp without a time zone: which moment it means ` +
                'depends on who reads it.',
              remedy:
                'Use timestamptz, which takes the same room; a column that was there is rewritten by the change.',
            })),
    ),
};
