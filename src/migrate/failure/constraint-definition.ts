import type { Constraint, Node } from 'libpg-query';
import pg from '../../postgres/pg.js';
import type { Statement } from '../../sql/statements.js';
import { shorten } from '../../text/shorten.js';
import type { Work } from '../script/work.js';

/**
 * Finds the definition of the constraint or unique index that an error names. If the failed migration itself created it,
 * the rollback has dropped it; then its line in the file is the definition.
 *
 * @param client a connection in pipeline mode, outside of a failed transaction
 * @returns null if the error names no constraint, or its definition cannot be found
 */
export async function findConstraintDefinition(
  client: pg.Client,
  { script, statements }: Work,
  { schema, table, constraint }: pg.DatabaseError,
): Promise<string | null> {
  if (constraint === undefined) return null;
  const relation = [schema, table]
    .flatMap((name) => (name === undefined ? [] : [pg.escapeIdentifier(name)]))
    .join('.');
  const { rows } = await client
    .query<{ definition: string }>(
      `select pg_catalog.pg_get_constraintdef(oid) as definition from pg_catalog.pg_constraint
       where conname = $2 and conrelid = pg_catalog.to_regclass($1)
       union all
       select pg_catalog.pg_get_indexdef(i.indexrelid) from pg_catalog.pg_index i
       join pg_catalog.pg_class c on c.oid = i.indexrelid
       where c.relname = $2 and i.indrelid = pg_catalog.to_regclass($1)`,
      [relation, constraint],
    )
    .catch(() => ({ rows: [] }));
  const definition = rows[0]?.definition ?? findLine(script.source.text, statements, table, constraint);
  return definition && shorten(definition, { lines: 10, characters: 1000 });
}

function findLine(
  text: string,
  statements: readonly Statement[],
  table: string | undefined,
  constraint: string,
): string | null {
  const lines = text.split('\n');
  const named = lines.find((line) => line.includes(constraint));
  if (named !== undefined) return named.trim();
  const location = table === undefined ? undefined : findUnnamed(statements, table, constraint);
  if (location === undefined) return null;
  const linesBefore = Buffer.from(text).toString('utf8', 0, location).split('\n').length - 1;
  return lines[linesBefore]?.trim() ?? null;
}

/**
 * Finds a constraint that a file creates without a name, by the name that PostgreSQL generates for it.
 *
 * @param table without its schema
 * @param name as the server generated it
 * @returns its location in the file's text, in bytes; undefined if the file has no such constraint
 */
function findUnnamed(statements: readonly Statement[], table: string, name: string): number | undefined {
  return statements
    .flatMap(({ node }) => constraintsOn(node, table))
    .find((created) => created.constraint.conname === undefined && generateName(table, created) === name)
    ?.constraint.location;
}

/** A constraint that a statement creates. */
interface TableConstraint {
  readonly constraint: Constraint;
  /** The column whose definition it is part of; undefined for a constraint of the table. */
  readonly column: string | undefined;
}

function constraintsOn(node: Node, table: string): readonly TableConstraint[] {
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

function constraintsIn(element: Node): readonly TableConstraint[] {
  if ('Constraint' in element) return [{ constraint: element.Constraint, column: undefined }];
  if (!('ColumnDef' in element)) return [];
  const { constraints = [], colname: column } = element.ColumnDef;
  return constraints.flatMap((inner) =>
    'Constraint' in inner ? [{ constraint: inner.Constraint, column }] : [],
  );
}

/** Generates the name as PostgreSQL does. */
function generateName(table: string, { constraint, column }: TableConstraint): string | undefined {
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
      const names = columnsIn(raw_expr);
      return [table, ...(names.length === 1 ? names : []), 'check'].join('_');
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
