import type { IndexStmt, Node } from 'libpg-query';
import { addedConstraints, addedElements, generateConstraintName } from '../../sql/constraints.js';
import type { Command } from './commands.js';
import { joinName, nameOfRelation, textsOf } from './names.js';
import { targetBeforeRename } from './rename.js';
import type { LintedFolder, Violation } from './rule.js';
import { exists, type Target, withoutQuotes } from './target.js';

/** The place in the files of a folder that defines an object or a member. */
export interface Definition extends Pick<Violation, 'migration' | 'offset'> {
  /** The statement; null if the parse trees do not have it, as for a table that a function creates. */
  readonly command: Command | null;
  /** Whether a file, and not PostgreSQL, has chosen the name. */
  readonly isNamed: boolean;
}

/** Finds the last statement that defines an object of the catalog. Follows renames backwards. */
export function findDefinition({ files, catalog }: LintedFolder, target: Target): Definition {
  let current = { ...target, object: withoutQuotes(target.object) };
  let isRenamed = false;
  for (const { migration, commands, before } of files.toReversed()) {
    for (const command of commands.toReversed()) {
      const old = targetBeforeRename(command.node, current);
      isRenamed ||= old !== undefined && old.member !== current.member;
      current = { ...current, ...old };
      const found = old === undefined ? definitionIn(command, current) : undefined;
      if (found === undefined || (isConditional(command.node) && exists(before, current))) continue;
      return { migration, command, offset: found.offset, isNamed: found.isNamed || isRenamed };
    }
  }
  const creating = files.findIndex((_, index) => exists(files[index + 1]?.before ?? catalog, target));
  const migration = (files[creating] ?? files.at(-1))?.migration;
  if (migration === undefined) throw new Error('A folder without files has no definitions.');
  return { migration, command: null, offset: 0, isNamed: true };
}

/** The table that a `create table` creates. */
export function createdTable(node: Node): string | undefined {
  if ('CreateStmt' in node) return nameOfRelation(node.CreateStmt.relation);
  return 'CreateTableAsStmt' in node ? nameOfRelation(node.CreateTableAsStmt.into?.rel) : undefined;
}

/** Whether a statement has no effect if its object exists. */
export function isConditional(node: Node): boolean {
  if ('CreateStmt' in node) return node.CreateStmt.if_not_exists === true;
  if ('CreateTableAsStmt' in node) return node.CreateTableAsStmt.if_not_exists === true;
  if ('IndexStmt' in node) return node.IndexStmt.if_not_exists === true;
  const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
  return commands.some((item) => 'AlterTableCmd' in item && item.AlterTableCmd.missing_ok === true);
}

function definitionIn(
  command: Command,
  target: Target,
): { readonly offset: number; readonly isNamed: boolean } | undefined {
  const { node, offset, at } = command;
  const { kind, object, member } = target;
  const whole = { offset, isNamed: true };
  if (kind === 'enum') {
    return 'CreateEnumStmt' in node && joinName(textsOf(node.CreateEnumStmt.typeName)) === object
      ? whole
      : undefined;
  }
  if (kind === 'function') {
    return 'CreateFunctionStmt' in node && joinName(textsOf(node.CreateFunctionStmt.funcname)) === object
      ? whole
      : undefined;
  }
  if (kind === 'column') {
    const location = changedTable(node) === object ? columnLocation(node, member) : undefined;
    if (location !== undefined) return { offset: at(location), isNamed: true };
  } else if (kind === 'constraint') {
    const added = addedConstraints(node).find(
      ({ constraint, ...rest }) =>
        changedTable(node) === object &&
        (constraint.conname ?? constraint.indexname ?? generateConstraintName({ constraint, ...rest })) ===
          member,
    )?.constraint;
    if (added !== undefined) {
      return { offset: at(added.location), isNamed: (added.conname ?? added.indexname) !== undefined };
    }
  } else if (kind === 'index' && 'IndexStmt' in node && nameOfRelation(node.IndexStmt.relation) === object) {
    const { idxname } = node.IndexStmt;
    const isSame = idxname === undefined ? hasGeneratedName(node.IndexStmt, member) : idxname === member;
    return isSame ? { offset, isNamed: idxname !== undefined } : undefined;
  }
  // A member that the statement does not write comes from another table or from a query.
  return createdTable(node) === object ? whole : undefined;
}

function changedTable(node: Node): string | undefined {
  return 'AlterTableStmt' in node ? nameOfRelation(node.AlterTableStmt.relation) : createdTable(node);
}

/** The place at which a statement adds a column, or changes its type. */
function columnLocation(node: Node, name: string | undefined): number | undefined {
  for (const element of addedElements(node)) {
    if ('ColumnDef' in element && element.ColumnDef.colname === name) return element.ColumnDef.location;
  }
  for (const item of 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : []) {
    if (!('AlterTableCmd' in item)) continue;
    const { subtype, name: column, def } = item.AlterTableCmd;
    if (subtype !== 'AT_AlterColumnType' || column !== name || def === undefined) continue;
    return 'ColumnDef' in def ? def.ColumnDef.typeName?.location : undefined;
  }
  return undefined;
}

/** Whether a name is the one that PostgreSQL generates for an index. The part for an expression depends on the server. */
function hasGeneratedName({ relation, indexParams = [] }: IndexStmt, name = ''): boolean {
  const columns = indexParams.map((param) => ('IndexElem' in param ? param.IndexElem.name : undefined));
  const parts = [relation?.relname, ...columns].map((part) => part?.replaceAll(/\W/g, '\\$&') ?? '\\w+');
  return new RegExp(`^${parts.join('_')}_idx\\d*$`).test(name);
}
