import pg from './pg.js';

/** Several commands that are sent as one query. */
export interface SeveralCommands {
  /** The result of each; rejected with the error of the first that failed, behind which none is executed. */
  readonly results: Promise<readonly pg.QueryResult[]>;
  /** How many of them have been executed so far. */
  executed(): number;
}

/**
 * Sends several commands at once. The server sends their answers together, not each in a packet of its own, and it is
 * still known which of them an error belongs to.
 *
 * @example
 * ```ts
 * const { results, executed } = sendSeveral(client, 'begin;\nselect 1/0;\ncommit');
 * await results.catch(() => executed()); // 1
 * ```
 */
export function sendSeveral(client: pg.Client, commands: string): SeveralCommands {
  let executed = 0;
  const results = new Promise<readonly pg.QueryResult[]>((resolve, reject) => {
    const query: CountedQuery = new pg.Query(commands, (error, result) => {
      if (error) reject(error);
      else resolve([result].flat());
    });
    const complete = query.handleCommandComplete?.bind(query);
    query.handleCommandComplete = (...message) => {
      executed++;
      complete?.(...message);
    };
    client.query(query);
  });
  return { results, executed: () => executed };
}

/** What `pg` calls for every command that the server has executed. */
interface CountedQuery extends InstanceType<typeof pg.Query> {
  handleCommandComplete?(...message: unknown[]): void;
}
