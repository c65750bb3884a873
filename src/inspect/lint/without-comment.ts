import { omitPublic } from '../../catalog/names.js';
import type { Lint, Report } from './context.js';
import type { Column, Enum, Table } from './schema-model.js';

const WHY = 'people read in the catalog what it means and who writes it.';

/** A table, a column or an enum that no file says the meaning of. */
export const withoutComment: Lint = {
  name: 'without-comment',
  find: ({ model }) => [
    ...[...model.enums.values()].flatMap(ofEnum),
    ...[...model.tables.values()].flatMap((table) =>
      table.isPartition ? [] : [...ofTable(table), ...ofColumns(table)],
    ),
  ],
};

function ofEnum({ name, hasComment, command, offset }: Enum): readonly Report[] {
  if (hasComment) return [];
  const message = `The enum ${omitPublic(name)} has no comment: ${WHY}`;
  return [{ command, offset, message, remedy: `Write: comment on type ${omitPublic(name)} is '…';` }];
}

function ofTable({ name, hasComment, command, offset }: Table): readonly Report[] {
  if (hasComment) return [];
  const message = `The table ${omitPublic(name)} has no comment: ${WHY}`;
  return [{ command, offset, message, remedy: `Write: comment on table ${omitPublic(name)} is '…';` }];
}

/** One report for the columns that one statement adds. */
function ofColumns(table: Table): readonly Report[] {
  const silent = [...table.columns.values()].filter(({ hasComment }) => !hasComment);
  return [...new Set(silent.map(({ command }) => command))].flatMap((command) => {
    const columns = silent.filter((column) => column.command === command);
    return columns.slice(0, 1).map(({ name, offset }) => ({
      command,
      offset,
      message: `${columnsInWords(table, columns)} no comment: ${WHY}`,
      remedy: `Write: comment on column ${omitPublic(table.name)}.${name} is '…';`,
    }));
  });
}

function columnsInWords(table: Table, columns: readonly Column[]): string {
  const names = columns.map(({ name }) => name).join(', ');
  const of = omitPublic(table.name);
  return columns.length === 1 ? `The column ${names} of ${of} has` : `The columns ${names} of ${of} have`;
}
