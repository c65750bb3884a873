import type { Node } from 'libpg-query';
import { omitPublic } from '../../catalog/names.js';
import { objectsOf } from '../../catalog/objects.js';
import { addedConstraints, type ConstraintDefinition } from '../../sql/constraints.js';
import type { Command } from './commands.js';
import { joinName, nameOfRelation, textsOf } from './names.js';
import { isNewTable } from './new-table.js';
import type { LintedFile, LintRule, Violation } from './rule.js';
import { withoutQuotes } from './target.js';

const VALIDATE_LATER =
  'Add it with "not valid", which reads no rows, and validate it in a separate migration: ' +
  'alter table … validate constraint …';

const KEYWORDS: Readonly<Record<string, string>> = {
  CONSTR_PRIMARY: 'primary key',
  CONSTR_UNIQUE: 'unique',
};

/** A constraint that reads or indexes all rows of an existing table, under a lock that blocks other sessions. */
export const constraintOnLiveTable: LintRule = {
  name: 'constraint-on-live-table',
  find: ({ files }) => files.flatMap((file) => file.commands.flatMap((command) => inCommand(file, command))),
};

function inCommand(file: LintedFile, command: Command): readonly Violation[] {
  const { node } = command;
  if ('AlterDomainStmt' in node) return inDomain(file, command, node.AlterDomainStmt);
  if (!('AlterTableStmt' in node)) return [];
  const table = nameOfRelation(node.AlterTableStmt.relation);
  if (isNewTable(file, command, table)) return [];
  return [
    ...addedConstraints(node).flatMap((added) => inConstraint(command, table, added)),
    ...validatedImmediately(file, command, table),
  ];
}

/** A constraint of a domain reads the rows of every table that has a column of it, and blocks their writers. */
function inDomain(
  { before }: LintedFile,
  { migration, offset }: Command,
  { subtype, typeName, def }: AlterDomainStmt,
): readonly Violation[] {
  const isAdded =
    subtype === 'C' && def !== undefined && 'Constraint' in def && def.Constraint.initially_valid === true;
  if (!isAdded && subtype !== 'O') return [];
  const domain = joinName(textsOf(typeName));
  const tables = objectsOf(before, 'table')
    .filter(({ columns }) => columns.some(({ type }) => domainOf(type) === domain))
    .map(({ name }) => name);
  if (tables.length === 0) return [];
  return [
    {
      migration,
      offset,
      message: `This reads every row of ${tables.join(', ')} under a lock that blocks every writer.`,
      remedy: isAdded
        ? 'Add it with "not valid", which reads no rows, and validate it in a separate migration: alter domain … validate constraint …'
        : 'Add a check (value is not null) with "not valid", and validate it in a separate migration: alter domain … validate constraint …',
    },
  ];
}

/** The name of a column's type, as names in parse trees are written. */
function domainOf(type: string): string {
  return withoutQuotes(omitPublic(type.replace(/\[\]$/, '')));
}

type AlterDomainStmt = Extract<Node, { AlterDomainStmt: unknown }>['AlterDomainStmt'];

function inConstraint(
  { migration, at }: Command,
  table: string,
  { constraint }: ConstraintDefinition,
): readonly Violation[] {
  const { contype = '', initially_valid, indexname, pktable, location } = constraint;
  const violation = (message: string, remedy: string): Violation[] => [
    { migration, offset: at(location), message, remedy },
  ];
  if (contype === 'CONSTR_CHECK' || contype === 'CONSTR_FOREIGN') {
    if (initially_valid !== true) return [];
    const blocked =
      contype === 'CONSTR_CHECK'
        ? 'every other session'
        : `every writer of it and of ${nameOfRelation(pktable)}`;
    return violation(`This reads every row of ${table} under a lock that blocks ${blocked}.`, VALIDATE_LATER);
  }
  const message = `The build of the constraint's index blocks every other session that uses ${table}.`;
  if (contype === 'CONSTR_EXCLUSION') {
    return violation(
      message,
      'PostgreSQL has no other way to add an exclusion constraint. Allow an exception with the reason, or create a new table with the constraint.',
    );
  }
  const keyword = KEYWORDS[contype];
  if (keyword === undefined || indexname !== undefined) return [];
  return violation(
    message,
    'Build the index first, in a no-transaction migration: create unique index concurrently … ; ' +
      `then: add constraint … ${keyword} using index …`,
  );
}

/** In one transaction, `validate constraint` reads the rows under the lock of `add constraint`. */
function validatedImmediately(file: LintedFile, command: Command, table: string): readonly Violation[] {
  if (!file.migration.up.options.transaction) return [];
  const added = file.commands
    .flatMap(({ node }) => addedConstraints(node))
    .filter((one) => nameOfRelation(one.table) === table)
    .map(({ constraint }) => constraint.conname);
  return validatedConstraints(command)
    .filter((name) => added.includes(name))
    .map((name) => ({
      migration: command.migration,
      offset: command.offset,
      message:
        `${name} is validated in the transaction that adds it. This reads every row of ${table} ` +
        'while the lock of ADD CONSTRAINT blocks other sessions.',
      remedy:
        'Validate it in the next migration. Other sessions can then read and write during the validation.',
    }));
}

/** The constraints that a statement validates. */
export function validatedConstraints({ node }: Pick<Command, 'node'>): readonly string[] {
  const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
  return commands.flatMap((item) =>
    'AlterTableCmd' in item && item.AlterTableCmd.subtype === 'AT_ValidateConstraint'
      ? [item.AlterTableCmd.name ?? '']
      : [],
  );
}
