import { once } from 'node:events';
import pg from './driver/pg.js';
import { onStatementCompleted, streamOf } from './driver/pg-internals.js';

/** A column of a result. */
export interface Column {
  readonly name: string;
  /** The number of its type in `pg_type`. */
  readonly type: number;
}

/** A row: each value as PostgreSQL prints it, or null. */
export type TextRow = readonly (string | null)[];

/** Receives the result of a statement while it arrives. */
export interface ResultReceiver {
  /** Called once before the rows, also for a result without rows; not called for a statement without a result. */
  columns(columns: readonly Column[]): void;
  /** Returns a promise to receive no further row until it resolves; the server then waits. */
  row(row: TextRow): Promise<void> | undefined;
}

const AS_TEXT = { getTypeParser: () => (value: string | Buffer) => value } as unknown as pg.CustomTypesConfig;

/**
 * Sends one statement and passes its rows on as they arrive, without holding them.
 *
 * @param client one that is not in pipeline mode
 * @param sql the statement, or several of which only the last has rows
 * @returns the command tag, such as `SELECT 3` or `CREATE TABLE`; empty for a statement without one
 * @throws DatabaseError, as the server reports it
 * @example
 * ```ts
 * await streamQuery(client, 'select 1', { columns: () => {}, row: ([one]) => void console.log(one) }); // SELECT 1
 * ```
 */
export async function streamQuery(client: pg.Client, sql: string, receiver: ResultReceiver): Promise<string> {
  const config = { text: sql, rowMode: 'array', types: AS_TEXT };
  const query = new pg.Query(config);
  let tag = '';
  let hasColumns = false;
  const showColumns = (fields: readonly { readonly name: string; readonly dataTypeID: number }[]): void => {
    if (hasColumns || fields.length === 0) return;
    hasColumns = true;
    receiver.columns(fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })));
  };
  onStatementCompleted(query, (text) => {
    tag = text;
  });
  query.on('row', (row: unknown, result) => {
    showColumns(result?.fields ?? []);
    const full = receiver.row(row as TextRow);
    if (full === undefined) return;
    const stream = streamOf(client);
    stream.pause();
    void full.finally(() => stream.resume());
  });
  client.query(query);
  const [result] = (await once(query, 'end')) as [pg.QueryResult | pg.QueryResult[] | undefined];
  showColumns([result].flat().at(-1)?.fields ?? []);
  return tag;
}
