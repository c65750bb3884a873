import type { Node } from 'libpg-query';
import { mayDeleteData, mayReachData, tablesIn } from '../../sql/deletions.js';
import { allows, readExceptions } from '../../sql/exceptions.js';
import { changeOf } from '../../sql/setting-changes.js';
import type { Statement } from '../../sql/statement.js';
import type { Work } from '../script/work.js';
import type { Loss } from './loss.js';

/** The lint rule whose exception, in the up file, allows that the file deletes data. */
const DELETES_DATA = 'deletes-data';

/** Decides whether a file itself allows a loss. */
export type Allowance = (loss: Loss) => boolean;

/**
 * Reads what an up file itself allows to delete, by comments `-- check: allow deletes-data <reason>` above its statements. If
 * every statement that may delete data has one, all of it is allowed. Otherwise it is the data of the tables that only
 * statements with such a comment name. Statements about tables that the file creates need none.
 */
export function allowanceOf({ direction, script, statements }: Work): Allowance {
  const exceptions = direction === 'up' ? readExceptions(script.source, statements) : [];
  if (exceptions.length === 0) return () => false;
  // Under another search path, a name without a schema is not the same table everywhere in the file.
  const namesAreFixed = !statements.some((statement) => changeOf('search_path', statement) !== null);
  const created = new Set<string>();
  const covered: Statement[] = [];
  const others: Statement[] = [];
  for (const statement of statements) {
    if (namesAreFixed) for (const name of createdTables(statement.node)) created.add(name);
    const tables = tablesIn(statement);
    const isOfFile = tables?.every((name) => created.has(name));
    if (isOfFile) continue;
    const isCovered = exceptions.some((exception) => allows(exception, DELETES_DATA, statement.offset));
    if (mayReachData(statement)) (isCovered ? covered : others).push(statement);
  }
  if (others.length === 0) return () => covered.length > 0;
  // What a rare cascade deletes is not allowed, but that such a statement is in the file forbids nothing.
  const otherTables = others.filter(mayDeleteData).map(tablesIn);
  if (otherTables.includes(null)) return () => false;
  const named = new Set(covered.flatMap((statement) => tablesIn(statement) ?? []));
  for (const name of otherTables.flatMap((tables) => tables ?? [])) named.delete(name);
  return ({ table }) => named.has(table.replaceAll('"', ''));
}

function createdTables(node: Node): readonly string[] {
  if (!('CreateStmt' in node) || node.CreateStmt.if_not_exists === true) return [];
  const { schemaname = 'public', relname = '', relpersistence } = node.CreateStmt.relation ?? {};
  // A temporary table may have the name of a table with data.
  return relpersistence === 't' ? [] : [`${schemaname}.${relname}`];
}
