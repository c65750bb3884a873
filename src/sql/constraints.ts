import type { Constraint, Node, RangeVar } from 'libpg-query';

/** A constraint as a statement defines it. */
export interface ConstraintDefinition {
  readonly table: RangeVar | undefined;
  readonly constraint: Constraint;
  /** The column whose definition it is part of; undefined for a constraint of the table. */
  readonly column: string | undefined;
}

/** The elements that a `create table` or `alter table` adds to its table: columns and constraints. */
export function addedElements(node: Node): readonly Node[] {
  if ('CreateStmt' in node) return node.CreateStmt.tableElts ?? [];
  if (!('AlterTableStmt' in node)) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) => {
    if (!('AlterTableCmd' in command)) return [];
    const { subtype, def } = command.AlterTableCmd;
    const isAdded = subtype === 'AT_AddColumn' || subtype === 'AT_AddConstraint';
    return isAdded && def !== undefined ? [def] : [];
  });
}

/** The constraints that a statement adds to its table, as parts of columns or of the table. */
export function addedConstraints(node: Node): readonly ConstraintDefinition[] {
  const table = tableOf(node);
  return addedElements(node).flatMap((element) => {
    if ('Constraint' in element) return [{ table, constraint: element.Constraint, column: undefined }];
    if (!('ColumnDef' in element)) return [];
    const { constraints = [], colname: column } = element.ColumnDef;
    return constraints.flatMap((inner) =>
      'Constraint' in inner ? [{ table, constraint: inner.Constraint, column }] : [],
    );
  });
}

/**
 * Generates the name that PostgreSQL gives to a constraint without one, unless that name is taken or too long.
 *
 * @returns undefined for constraints that have no name, such as `default`
 */
export function generateConstraintName({
  table,
  constraint,
  column,
}: ConstraintDefinition): string | undefined {
  const { contype, keys = [], fk_attrs = [], exclusions = [], raw_expr } = constraint;
  const name = table?.relname ?? '';
  const columns = (nodes: readonly Node[]): readonly string[] =>
    column === undefined ? nodes.map(textOf) : [column];
  switch (contype) {
    case 'CONSTR_PRIMARY':
      return `${name}_pkey`;
    case 'CONSTR_UNIQUE':
      return [name, ...columns(keys), 'key'].join('_');
    case 'CONSTR_FOREIGN':
      return [name, ...columns(fk_attrs), 'fkey'].join('_');
    case 'CONSTR_EXCLUSION':
      return [name, ...exclusions.map(excludedColumn), 'excl'].join('_');
    case 'CONSTR_CHECK': {
      const names = columnsIn(raw_expr);
      return [name, ...(names.length === 1 ? names : []), 'check'].join('_');
    }
    default:
      return undefined;
  }
}

function tableOf(node: Node): RangeVar | undefined {
  if ('CreateStmt' in node) return node.CreateStmt.relation;
  return 'AlterTableStmt' in node ? node.AlterTableStmt.relation : undefined;
}

function textOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}

function excludedColumn(exclusion: Node): string {
  const [element] = 'List' in exclusion ? (exclusion.List.items ?? []) : [];
  return element !== undefined && 'IndexElem' in element ? (element.IndexElem.name ?? 'expr') : 'expr';
}

function columnsIn(expression: Node | undefined): readonly string[] {
  const columns = JSON.stringify(expression ?? null).matchAll(
    /"ColumnRef":\{"fields":\[\{"String":\{"sval":"([^"]*)"/g,
  );
  return [...new Set([...columns].map(([, column = '']) => column))];
}
