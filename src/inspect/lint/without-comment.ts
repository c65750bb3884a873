import { type NamedObject, objectsOf } from '../../catalog/objects.js';
import { isPartition } from '../rules/table-rules.js';
import { findDefinition } from './definition.js';
import type { LintedFolder, LintRule, Violation } from './rule.js';

const WHY = 'The catalog should say what it means and who writes it.';

/** A table, a column or an enum without a comment. */
export const withoutComment: LintRule = {
  name: 'without-comment',
  find: (folder) => [
    ...objectsOf(folder.catalog, 'enum').flatMap((type) => inObject(folder, type, 'enum', 'type')),
    ...objectsOf(folder.catalog, 'table')
      .filter((table) => !isPartition(table))
      .flatMap((table) => [...inObject(folder, table, 'table', 'table'), ...inColumns(folder, table)]),
  ],
};

function inObject(
  folder: LintedFolder,
  { name, facts }: NamedObject,
  kind: 'enum' | 'table',
  keyword: string,
): readonly Violation[] {
  if (facts.comment !== undefined) return [];
  const message = `The ${kind} ${name} has no comment. ${WHY}`;
  const remedy = `Write: comment on ${keyword} ${name} is '…';`;
  return [{ ...findDefinition(folder, { kind, object: name }), message, remedy }];
}

/** The columns that one statement adds are one violation. */
function inColumns(folder: LintedFolder, table: NamedObject): readonly Violation[] {
  const inherited = table.members('column').filter(({ facts }) => facts.inherited === true);
  const columns = table.columns
    .filter(({ name, comment }) => comment === undefined && !inherited.some((one) => one.name === name))
    .map(({ name }) => ({
      name,
      definition: findDefinition(folder, { kind: 'column', object: table.name, member: name }),
    }));
  const commands = new Set(columns.map(({ definition }) => definition.command));
  return [...commands].flatMap((command) => {
    const added = columns.filter(({ definition }) => definition.command === command);
    const list = added.map(({ name }) => name).join(', ');
    const subject = added.length === 1 ? `The column ${list}` : `The columns ${list}`;
    return added.slice(0, 1).map(({ name, definition }) => ({
      ...definition,
      message: `${subject} of ${table.name} ${added.length === 1 ? 'has' : 'have'} no comment. ${WHY}`,
      remedy: `Write: comment on column ${table.name}.${name} is '…';`,
    }));
  });
}
