import pg from './driver/pg.js';
import { onStatementCompleted } from './driver/pg-internals.js';

/** Several statements that were sent as one query. */
export interface MultiStatementQuery {
  /** The result of each statement. Rejects with the error of the first that failed; the server runs none after it. */
  readonly results: Promise<readonly pg.QueryResult[]>;
  /** The command tags of the statements that the server has completed so far, such as `CREATE TABLE`. */
  completed(): readonly string[];
}

/**
 * Sends several statements as one query. The server then sends all answers in one packet, and {@link
 * MultiStatementQuery.completed} still says which statement an error belongs to.
 *
 * @param sql statements, separated by semicolons
 * @example
 * ```ts
 * const { results, completed } = sendMultiStatement(client, 'begin;\nselect 1/0;\ncommit');
 * await results.catch(() => completed()); // 1
 * ```
 */
export function sendMultiStatement(client: pg.Client, sql: string): MultiStatementQuery {
  const completed: string[] = [];
  const results = new Promise<readonly pg.QueryResult[]>((resolve, reject) => {
    const query = new pg.Query(sql, (error, result) => {
      if (error) reject(error);
      else resolve([result].flat());
    });
    onStatementCompleted(query, (tag) => {
      completed.push(tag);
    });
    client.query(query);
  });
  return { results, completed: () => completed };
}
