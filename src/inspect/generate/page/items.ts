import { splitFullName } from '../../../catalog/names.js';
import { objectsOf } from '../../../catalog/objects.js';
import type { Snapshot } from '../../../catalog/snapshot.js';
import type { Html } from '../../../text/html.js';
import type { FindExample } from '../model/examples.js';
import { functionModel } from '../model/functions.js';
import type { TableModel } from '../model/tables.js';
import { typeModel } from '../model/types.js';
import { anchorOf } from './anchors.js';
import { showFunction } from './functions.js';
import { linksTo } from './links.js';
import { showTableOrView } from './tables.js';
import { showType } from './types.js';

/** The groups of a schema's objects, in the order of the page. */
export const GROUPS = ['Tables', 'Views', 'Types', 'Functions'] as const;

/** An object on the page. */
export interface Item {
  readonly group: (typeof GROUPS)[number];
  readonly schema: string;
  /** Its name in the table of contents, where it is below its schema. */
  readonly name: string;
  readonly anchor: string;
  readonly shown: Html;
}

/** Lists all objects of the page: the tables and views, and the types and functions of the snapshot. */
export function itemsOf(
  snapshot: Snapshot,
  tables: readonly TableModel[],
  findExample: FindExample,
): readonly Item[] {
  const types = objectsOf(snapshot, 'enum', 'domain', 'type', 'range').map(typeModel);
  const functions = objectsOf(snapshot, 'function', 'procedure', 'aggregate', 'window function').map(
    functionModel,
  );
  const links = linksTo(tables, types);
  const isOverloaded = (name: string): boolean => functions.filter((other) => other.name === name).length > 1;
  return [
    ...tables.map((table) => {
      const group = table.kind.endsWith('view') ? 'Views' : 'Tables';
      return itemOf(
        group,
        table.fullName,
        anchorOf('table', table.name),
        showTableOrView(table, tables, links),
      );
    }),
    ...types.map((type) =>
      itemOf('Types', type.fullName, anchorOf('type', type.name), showType(type, tables, links)),
    ),
    ...functions.map((routine) => {
      const anchor = anchorOf('function', routine.name + routine.argumentTypes);
      const item = itemOf(
        'Functions',
        routine.fullName,
        anchor,
        showFunction(routine, findExample(routine), links),
      );
      return isOverloaded(routine.name) ? { ...item, name: item.name + routine.argumentTypes } : item;
    }),
  ];
}

function itemOf(group: Item['group'], fullName: string, anchor: string, shown: Html): Item {
  return { group, ...splitFullName(fullName), anchor, shown };
}
