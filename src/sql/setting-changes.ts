import type { Node } from 'libpg-query';
import type { Statement } from './statement.js';

/** A setting on which the meaning of later statements depends. */
export type Setting = 'search_path' | 'timezone' | 'client_encoding' | 'standard_conforming_strings';

/** A change of a setting. */
export interface SettingChange {
  /** The parts of the new value; null for the default, and for a value that the file does not show. */
  readonly values: readonly string[] | null;
}

const COMMENT = /--[^\n]*/g;
/** The beginning of a call of `set_config`, also with named arguments. */
const SET_CONFIG = 'set_config\\s*\\(\\s*(?:\\w+\\s*(?:=>|:=)\\s*)?';

/** Words that change a setting: a `set` with a value, or a call of `set_config`. */
function setInText(setting: string, otherName = ''): RegExp {
  return new RegExp(
    `\\bset\\s+(?:local\\s+|session\\s+)?(?:${setting}\\s*(?:=|to\\b)${otherName})|\\b${SET_CONFIG}'${setting}'`,
    'i',
  );
}

/** Words of a `do` block that change a setting. */
const IN_A_BODY: Readonly<Record<Setting, RegExp>> = {
  search_path: /\bsearch_path\b|\bset\s+schema\b/i,
  timezone: /\bset\s+(?:local\s+|session\s+)?time\s*zone\b/i,
  client_encoding: setInText('client_encoding', '|names\\s+(?=[\'"]|default\\b)'),
  standard_conforming_strings: setInText('standard_conforming_strings'),
};

/** Checks whether the text of a `do` block, or of a query, changes a setting to a value that is not known. */
export function isChangedInText(setting: Setting, { node, sql }: Pick<Statement, 'node' | 'sql'>): boolean {
  const mayChange = 'DoStmt' in node || ('SelectStmt' in node && callsOfSetConfig(node) === null);
  return mayChange && IN_A_BODY[setting].test(sql.replaceAll(COMMENT, ''));
}

/**
 * Reads the change of a setting by a statement: by `set`, `reset`, a call of `set_config`, or in a `do` block. A function that a
 * statement calls is not known.
 *
 * @returns null if the statement does not change the setting
 * @example
 * ```ts
 * const [statement] = await parseStatements(source); // select set_config('search_path', 'app, public', true)
 * changeOf('search_path', statement); // { values: ['app', 'public'] }
 * ```
 */
export function changeOf(
  setting: Setting,
  { node, sql }: Pick<Statement, 'node' | 'sql'>,
): SettingChange | null {
  if ('VariableSetStmt' in node) {
    const { name, kind, args = [] } = node.VariableSetStmt;
    if (kind === 'VAR_RESET_ALL') return { values: null };
    if (name?.toLowerCase() !== setting) return null;
    const values = args.map(textOf);
    return { values: kind === 'VAR_SET_VALUE' && values.every((value) => value !== null) ? values : null };
  }
  // A setting that a function sets ends with the function.
  if ('CreateFunctionStmt' in node) return null;
  const calls = callsOfSetConfig(node);
  if (calls === null) {
    const isInBody = 'DoStmt' in node && IN_A_BODY[setting].test(sql);
    return isInBody || /\bset_config\b/i.test(sql) ? { values: null } : null;
  }
  const call = calls.findLast(([name]) => name === null || name.toLowerCase() === setting);
  if (call === undefined) return null;
  const [name, value] = call;
  if (name === null || value === null) return { values: null };
  return { values: setting === 'search_path' ? splitNames(value) : [value] };
}

/** Checks whether a statement is a query that only calls `set_config`, as those at the top of a dump. */
export function isSetConfig(node: Node): boolean {
  return callsOfSetConfig(node) !== null;
}

/**
 * The names and values in a query that only calls `set_config`; null for those that the query computes.
 *
 * @returns null if the statement is not such a query
 */
function callsOfSetConfig(node: Node): readonly (readonly [string | null, string | null])[] | null {
  if (!('SelectStmt' in node)) return null;
  const { targetList = [], fromClause, whereClause, withClause } = node.SelectStmt;
  if (fromClause !== undefined || whereClause !== undefined || withClause !== undefined) return null;
  const calls = targetList.flatMap((target) => {
    const call = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (call === undefined || !('FuncCall' in call)) return [];
    const { funcname = [], args: [name, value] = [] } = call.FuncCall;
    if (funcname.map(textOf).at(-1) !== 'set_config') return [];
    return [[textOf(name), textOf(value)] as const];
  });
  return calls.length > 0 && calls.length === targetList.length ? calls : null;
}

function textOf(node: Node | undefined): string | null {
  if (node === undefined) return null;
  if ('A_Const' in node) return node.A_Const.sval === undefined ? null : (node.A_Const.sval.sval ?? '');
  return 'String' in node ? (node.String.sval ?? '') : null;
}

/** Splits a list of names as PostgreSQL does. */
function splitNames(list: string): readonly string[] {
  return [...list.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(
    ([, quoted, bare = '']) => quoted?.replaceAll('""', '"') ?? bare.toLowerCase(),
  );
}
