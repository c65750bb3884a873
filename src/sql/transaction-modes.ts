import type { DefElem, Node } from 'libpg-query';
import type { Statement } from './statement.js';

/** The isolation levels, besides READ COMMITTED, in which a file can run. */
export type IsolationLevel = 'repeatable read' | 'serializable';

/** The modes that a statement sets for a transaction, or for the later transactions of its session. */
export interface TransactionModes {
  readonly isolation?: string;
  readonly readOnly?: boolean;
  readonly deferrable?: boolean;
  /** Whether it imports the snapshot of another transaction. */
  readonly snapshot?: boolean;
}

/** The modes of a `begin` or `start transaction`; undefined for every other statement. */
export function modesOfBegin({ node }: Statement): TransactionModes | undefined {
  if (!('TransactionStmt' in node)) return undefined;
  const { kind = '', options } = node.TransactionStmt;
  return /^TRANS_STMT_(BEGIN|START)$/.test(kind) ? modesIn(options) : undefined;
}

/** The modes that a `set transaction`, or a `set` of one of its settings, sets; undefined for every other statement. */
export function modesOfSet({ node }: Statement): TransactionModes | undefined {
  if (!('VariableSetStmt' in node)) return undefined;
  const { name = '', args, kind } = node.VariableSetStmt;
  if (kind === 'VAR_SET_MULTI') {
    if (name === 'TRANSACTION SNAPSHOT') return { snapshot: true };
    return name === 'TRANSACTION' ? modesIn(args) : undefined;
  }
  return kind === 'VAR_SET_VALUE' ? modeOf(name, args?.[0]) : undefined;
}

/** The modes that a statement sets for the later transactions of its session; undefined for every other statement. */
export function modesOfSession({ node }: Statement): TransactionModes | undefined {
  if (!('VariableSetStmt' in node)) return undefined;
  const { name = '', args, kind } = node.VariableSetStmt;
  if (kind === 'VAR_SET_MULTI') return name === 'SESSION CHARACTERISTICS' ? modesIn(args) : undefined;
  const isDefault = kind === 'VAR_SET_VALUE' && name.startsWith('default_');
  return isDefault ? modeOf(name.slice('default_'.length), args?.[0]) : undefined;
}

/**
 * Makes the `set transaction` that sets the modes of a `begin`, which itself is not sent.
 *
 * @returns an empty list for a `begin` without modes
 */
export function setModesOfBegin(begin: Statement): readonly Statement[] {
  const { isolation, readOnly, deferrable } = modesOfBegin(begin) ?? {};
  if (isolation === undefined && deferrable === undefined && readOnly !== true) return [];
  const args = 'TransactionStmt' in begin.node ? begin.node.TransactionStmt.options : undefined;
  const sql = begin.sql.replace(
    /^(?:begin(?:\s+(?:work|transaction))?|start\s+transaction)/i,
    'set transaction',
  );
  const node: Node = {
    VariableSetStmt: { kind: 'VAR_SET_MULTI', name: 'TRANSACTION', ...(args && { args }) },
  };
  return [{ sql, offset: begin.offset, node }];
}

/**
 * Takes the isolation level from the top of a file. PostgreSQL accepts it only before the first query of a transaction, so
 * the engine begins the transaction with it. Only settings can precede it.
 *
 * @returns the level, null for READ COMMITTED; and the other statements
 */
export function takeIsolation(statements: readonly Statement[]): {
  readonly isolation: IsolationLevel | null;
  readonly statements: readonly Statement[];
} {
  const end = endOfSettings(statements);
  let isolation: IsolationLevel | null = null;
  const others = statements.filter((statement, index) => {
    const modes = index < end ? modesOfSet(statement) : undefined;
    if (modes?.isolation !== undefined) isolation = levelOf(modes.isolation);
    return modes?.isolation === undefined && modes?.deferrable === undefined;
  });
  return { isolation, statements: others };
}

/** The number of settings at the top of a file. */
export function endOfSettings(statements: readonly Statement[]): number {
  const end = statements.findIndex(({ node }) => !('VariableSetStmt' in node));
  return end === -1 ? statements.length : end;
}

/** The level in which the server runs a transaction: READ UNCOMMITTED is READ COMMITTED. Null for that. */
export function levelOf(isolation: string): IsolationLevel | null {
  const level = isolation.toLowerCase();
  return level === 'repeatable read' || level === 'serializable' ? level : null;
}

function modesIn(options: readonly Node[] = []): TransactionModes {
  return Object.assign(
    {},
    ...options.map((option) => ('DefElem' in option ? modeOfElement(option.DefElem) : {})),
  );
}

function modeOfElement({ defname = '', arg }: DefElem): TransactionModes {
  return modeOf(defname, arg) ?? {};
}

function modeOf(name: string, value: Node | undefined): TransactionModes | undefined {
  const text = textOf(value);
  switch (name) {
    case 'transaction_isolation':
      return { isolation: text };
    case 'transaction_read_only':
      return { readOnly: isOn(text) };
    case 'transaction_deferrable':
      return { deferrable: isOn(text) };
    default:
      return undefined;
  }
}

function textOf(value: Node | undefined): string {
  if (value === undefined || !('A_Const' in value)) return '';
  const { sval, ival } = value.A_Const;
  return sval?.sval ?? String(ival?.ival ?? 0);
}

/** PostgreSQL accepts the beginnings of these words. */
function isOn(text: string): boolean {
  return /^(?:on|t(?:r(?:u(?:e)?)?)?|y(?:e(?:s)?)?|1)$/i.test(text);
}
