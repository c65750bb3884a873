import type { Node } from 'libpg-query';
import type { Statement } from './statement.js';

/** A value of an enum. */
interface EnumValue {
  /** The parts of the type's name. */
  readonly type: readonly string[];
  readonly value: string;
}

/** A value that a file adds to an enum, and the first statement that uses it. */
interface UnsafeEnumUse extends EnumValue {
  readonly use: Statement;
}

/**
 * Finds a use of a value that an earlier statement of one transaction adds to an enum. PostgreSQL allows the use only after
 * that transaction has committed (`UNSAFE_NEW_ENUM_VALUE_USAGE`).
 *
 * Only a text that the file casts to the enum, or a default of a column of that type, counts as a use. Another text may
 * belong to a column of another type, which only the server knows. The server refuses such a use.
 *
 * @param statements of one file, in order
 * @returns null if there is no such use
 */
export function findUnsafeEnumUse(statements: readonly Statement[]): UnsafeEnumUse | null {
  const created = new Set(statements.map(createdEnum));
  for (const [index, statement] of statements.entries()) {
    const added = addedEnumValue(statement);
    if (added === undefined || created.has(added.type.at(-1))) continue;
    const use = statements.slice(index + 1).find(({ node }) => usesValue(node, added));
    if (use !== undefined) return { ...added, use };
  }
  return null;
}

/** Checks whether a statement adds an enum value. A no-transaction file commits after it, so that the value can be used. */
export function addsEnumValue(statement: Statement): boolean {
  return addedEnumValue(statement) !== undefined;
}

function addedEnumValue({ node }: Statement): EnumValue | undefined {
  if (!('AlterEnumStmt' in node)) return undefined;
  const { typeName, newVal, oldVal } = node.AlterEnumStmt;
  return newVal === undefined || oldVal !== undefined
    ? undefined
    : { type: namesOf(typeName), value: newVal };
}

function createdEnum({ node }: Statement): string | undefined {
  return 'CreateEnumStmt' in node ? namesOf(node.CreateEnumStmt.typeName).at(-1) : undefined;
}

function namesOf(names: readonly Node[] = []): readonly string[] {
  return names.flatMap((name) => ('String' in name ? [name.String.sval ?? ''] : []));
}

/** Whether a tree casts the value to its enum, or is a column of that type with the value as its default. */
function usesValue(tree: unknown, { type, value }: EnumValue): boolean {
  const pending: unknown[] = [tree];
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (typeof part !== 'object' || part === null) continue;
    const { TypeCast: cast, ColumnDef: column } = part as Partial<Record<string, Typed>>;
    if (isOfType(cast, type) && holdsText(cast?.arg, value)) return true;
    if (isOfType(column, type) && column?.constraints?.some((each) => holdsText(defaultOf(each), value))) {
      return true;
    }
    pending.push(...Object.values(part));
  }
  return false;
}

/** The parts of a cast or of a column that matter here. */
interface Typed {
  readonly typeName?: { readonly names?: readonly Node[] };
  readonly arg?: Node;
  readonly constraints?: readonly Node[];
}

/** Whether a name of a type may be another one: a name without a schema may be in any schema. */
function isOfType(typed: Typed | undefined, type: readonly string[]): boolean {
  const names = namesOf(typed?.typeName?.names);
  const length = Math.min(names.length, type.length);
  return length > 0 && names.slice(-length).join('.') === type.slice(-length).join('.');
}

function defaultOf(constraint: Node): Node | undefined {
  return 'Constraint' in constraint && constraint.Constraint.contype === 'CONSTR_DEFAULT'
    ? constraint.Constraint.raw_expr
    : undefined;
}

/** Whether an expression is a text, or an array that holds it. */
function holdsText(expression: Node | undefined, text: string): boolean {
  if (expression === undefined) return false;
  if ('A_Const' in expression) return expression.A_Const.sval?.sval === text;
  if (!('A_ArrayExpr' in expression)) return false;
  return (expression.A_ArrayExpr.elements ?? []).some((element) => holdsText(element, text));
}
