import type { Node } from 'libpg-query';
import { mayDeleteData, mayReachData, tablesIn } from '../../sql/deletions.js';
import { allows, readExceptions } from '../../sql/exceptions.js';
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
  const created = new Set<string>();
  const covered: Statement[] = [];
  const others: Statement[] = [];
  for (const statement of statements) {
    for (const name of createdTables(statement.node)) created.add(name);
    const tables = tablesIn(statement);
    const isOfFile = tables?.every((name) => created.has(name));
    if (isOfFile) continue;
    const isCovered = exceptions.some((exception) => allows(exception, DELETES_DATA, statement.offset));
    if (isCovered && mayReachData(statement)) covered.push(statement);
    if (!isCovered && mayDeleteData(statement)) others.push(statement);
  }
  if (others.length === 0) return () => covered.length > 0;
  const otherTables = others.map(tablesIn);
  if (otherTables.includes(null)) return () => false;
  const named = new Set(covered.flatMap((statement) => tablesIn(statement) ?? []));
  for (const name of otherTables.flatMap((tables) => tables ?? [])) named.delete(name);
  return ({ table }) => named.has(table.replaceAll('"', ''));
}

function createdTables(node: Node): readonly string[] {
  if ('CreateStmt' in node && node.CreateStmt.if_not_exists !== true) {
    const { schemaname = 'public', relname = '' } = node.CreateStmt.relation ?? {};
    return [`${schemaname}.${relname}`];
  }
  return [];
}
