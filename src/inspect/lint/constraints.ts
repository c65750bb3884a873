import type { ColumnDef, Constraint, Node } from 'libpg-query';
import type { Command } from './commands.js';
import { nameOfRelation, textsOf } from './names.js';

/** The kinds of constraints that have a name and are checked. */
export type ConstraintKind = 'primary key' | 'unique' | 'check' | 'foreign key' | 'exclusion';

const KINDS: Readonly<Record<string, ConstraintKind>> = {
  CONSTR_PRIMARY: 'primary key',
  CONSTR_UNIQUE: 'unique',
  CONSTR_CHECK: 'check',
  CONSTR_FOREIGN: 'foreign key',
  CONSTR_EXCLUSION: 'exclusion',
};

/** A constraint as a statement writes it. */
export interface WrittenConstraint {
  readonly table: string;
  readonly kind: ConstraintKind;
  /** Null where the author leaves it to PostgreSQL. */
  readonly name: string | null;
  /** Of a key, unique or foreign key its columns in order; of a check only the column that it is written at. */
  readonly columns: readonly string[];
  readonly node: Constraint;
  /** Where it stands in its file, in UTF-16 code units. */
  readonly offset: number;
}

/** The column definitions that a statement makes: those of a new table, and those that are added to one. */
export function columnsIn({ node }: Command): readonly ColumnDef[] {
  return elementsIn(node).flatMap((element) => ('ColumnDef' in element ? [element.ColumnDef] : []));
}

/** The constraints that a statement puts on a table, at columns or for themselves. */
export function constraintsIn(command: Command): readonly WrittenConstraint[] {
  const { node, at } = command;
  const table = nameOfRelation(relationIn(node));
  const written = (constraint: Constraint, column?: string): WrittenConstraint[] => {
    const kind = KINDS[constraint.contype ?? ''];
    if (kind === undefined) return [];
    const named = textsOf(kind === 'foreign key' ? constraint.fk_attrs : constraint.keys);
    const columns = named.length === 0 && column !== undefined ? [column] : named;
    const name = constraint.conname ?? null;
    return [{ table, kind, name, columns, node: constraint, offset: at(constraint.location) }];
  };
  return elementsIn(node).flatMap((element) => {
    if ('Constraint' in element) return written(element.Constraint);
    if (!('ColumnDef' in element)) return [];
    const { colname, constraints = [] } = element.ColumnDef;
    return constraints.flatMap((inner) => ('Constraint' in inner ? written(inner.Constraint, colname) : []));
  });
}

function relationIn(node: Node): Parameters<typeof nameOfRelation>[0] {
  if ('CreateStmt' in node) return node.CreateStmt.relation;
  return 'AlterTableStmt' in node ? node.AlterTableStmt.relation : undefined;
}

function elementsIn(node: Node): readonly Node[] {
  if ('CreateStmt' in node) return node.CreateStmt.tableElts ?? [];
  if (!('AlterTableStmt' in node)) return [];
  return (node.AlterTableStmt.cmds ?? []).flatMap((command) => {
    if (!('AlterTableCmd' in command)) return [];
    const { subtype, def } = command.AlterTableCmd;
    const adds = subtype === 'AT_AddColumn' || subtype === 'AT_AddConstraint';
    return adds && def !== undefined ? [def] : [];
  });
}
