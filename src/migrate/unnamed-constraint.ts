import type { Constraint, Node } from 'libpg-query';
import type { Statement } from './statements.js';

/**
 * Finds a constraint that a file makes without a name, by the name that PostgreSQL then gives it.
 *
 * @param table without its schema
 * @param name as the server has made it
 * @returns where in the file's text it is written, in bytes; undefined where it is not found
 */
export function placeOfUnnamed(
  statements: readonly Statement[],
  table: string,
  name: string,
): number | undefined {
  const made = statements.flatMap(({ node }) => constraintsOn(node, table));
  return made.find((one) => one.constraint.conname === undefined && nameOf(table, one) === name)?.constraint
    .location;
}

/** A constraint, with the column that it stands behind. */
interface Made {
  readonly constraint: Constraint;
  readonly column: string | undefined;
}

function constraintsOn(node: Node, table: string): readonly Made[] {
  if ('CreateStmt' in node && node.CreateStmt.relation?.relname === table) {
    return (node.CreateStmt.tableElts ?? []).flatMap(constraintsIn);
  }
  if ('AlterTableStmt' in node && node.AlterTableStmt.relation?.relname === table) {
    const commands = node.AlterTableStmt.cmds ?? [];
    return commands.flatMap((command) =>
      'AlterTableCmd' in command && command.AlterTableCmd.def ? constraintsIn(command.AlterTableCmd.def) : [],
    );
  }
  return [];
}

function constraintsIn(element: Node): readonly Made[] {
  if ('Constraint' in element) return [{ constraint: element.Constraint, column: undefined }];
  if (!('ColumnDef' in element)) return [];
  const { constraints = [], colname: column } = element.ColumnDef;
  return constraints.flatMap((inner) =>
    'Constraint' in inner ? [{ constraint: inner.Constraint, column }] : [],
  );
}

function nameOf(table: string, { constraint, column }: Made): string | undefined {
  const { contype, keys = [], fk_attrs = [], raw_expr } = constraint;
  const columns = (nodes: readonly Node[]): readonly string[] =>
    column === undefined ? nodes.map(textOf) : [column];
  switch (contype) {
    case 'CONSTR_PRIMARY':
      return `${table}_pkey`;
    case 'CONSTR_UNIQUE':
      return [table, ...columns(keys), 'key'].join('_');
    case 'CONSTR_FOREIGN':
      return [table, ...columns(fk_attrs), 'fkey'].join('_');
    case 'CONSTR_CHECK': {
      const read = columnsIn(raw_expr);
      return [table, ...(read.length === 1 ? read : []), 'check'].join('_');
    }
    default:
      return undefined;
  }
}

function textOf(node: Node): string {
  return 'String' in node ? (node.String.sval ?? '') : '';
}

function columnsIn(expression: Node | undefined): readonly string[] {
  const columns = JSON.stringify(expression ?? null).matchAll(
    /"ColumnRef":\{"fields":\[\{"String":\{"sval":"([^"]*)"/g,
  );
  return [...new Set([...columns].map(([, column = '']) => column))];
}
