import type { Node } from 'libpg-query';
import { objectsOf, textOf } from '../../catalog/objects.js';
import pg from '../../postgres/driver/pg.js';
import type { Command } from './commands.js';
import { validatedConstraints } from './constraint-on-live-table.js';
import { nameOfRelation, textsOf } from './names.js';
import { isNewTable } from './new-table.js';
import type { LintedFile, LintRule, Violation } from './rule.js';
import { withoutQuotes } from './target.js';

/** A `set not null` that reads all rows of an existing table, under a lock that blocks every other session. */
export const notNullOnLiveTable: LintRule = {
  name: 'not-null-on-live-table',
  find: ({ files }) => files.flatMap((file) => file.commands.flatMap((command) => inCommand(file, command))),
};

function inCommand(file: LintedFile, command: Command): readonly Violation[] {
  const { node, migration, offset } = command;
  if (!('AlterTableStmt' in node)) return [];
  const table = nameOfRelation(node.AlterTableStmt.relation);
  if (isNewTable(file, command, table)) return [];
  return (node.AlterTableStmt.cmds ?? [])
    .flatMap(columnsSetNotNull)
    .filter((column) => readsRows(file, command, table, column))
    .map((column) => ({
      migration,
      offset,
      message: `This reads every row of ${table} under a lock that blocks every other session, to find out whether ${column} is null.`,
      remedy: `Add a check (${pg.escapeIdentifier(column)} is not null) as "not valid", and validate it in the next migration. A later "set not null" then reads no row, and the check can be dropped.`,
    }));
}

/** The columns that a part of an `alter table` sets not null. */
function columnsSetNotNull(command: Node): readonly string[] {
  if (!('AlterTableCmd' in command)) return [];
  const { subtype, name, def } = command.AlterTableCmd;
  if (subtype === 'AT_SetNotNull') return [name ?? ''];
  if (subtype !== 'AT_AddConstraint' || def === undefined || !('Constraint' in def)) return [];
  const { contype, skip_validation, keys } = def.Constraint;
  return contype === 'CONSTR_NOTNULL' && skip_validation !== true ? textsOf(keys) : [];
}

/** The server reads no row if the column is not null already, or a valid check says so. */
function readsRows(
  { before, commands }: LintedFile,
  command: Command,
  tableName: string,
  column: string,
): boolean {
  const table = objectsOf(before, 'table').find(({ name }) => withoutQuotes(name) === tableName);
  const known = table?.columns.find(({ name }) => name === column);
  if (table === undefined || known === undefined) return table !== undefined;
  const validated = commands.slice(0, commands.indexOf(command)).flatMap(validatedConstraints);
  const isProven = table
    .members('constraint')
    .some(
      ({ name, facts }) =>
        facts.kind === 'check' &&
        (facts['not validated'] !== true || validated.includes(name)) &&
        provesNotNull(textOf(facts.definition) ?? '', column),
    );
  return known.nullAllowed && !isProven;
}

function provesNotNull(definition: string, column: string): boolean {
  const names = [column, pg.escapeIdentifier(column)];
  return !/ OR /.test(definition) && names.some((name) => definition.includes(`(${name} IS NOT NULL)`));
}
