import { createHash } from 'node:crypto';
import type { Connection } from '../postgres/connect.js';
import { HistoryError } from './errors.js';
import type { Failure } from './outcome.js';
import { runPipeline } from './pipeline.js';
import { runsAlone } from './refusals.js';
import { chunkScript, guardScript, type Message, type Progress, type Run, type Work } from './script.js';
import type { ServerState } from './state.js';
import type { Statement } from './statements.js';

/** Statements that commit together with their progress, or one that gets no transaction around it. */
interface Chunk {
  readonly alone: boolean;
  readonly statements: readonly Statement[];
  /** How many statements of the file are done after it. */
  readonly end: number;
}

/**
 * Runs a no-transaction file. Its progress is in the history, so that after a failure the file stands at a whole
 * prefix of its statements, and the next run goes on behind that.
 *
 * @param predecessor the version of the newest history row; null for an empty history
 * @returns the statement that failed; null where the file has come to its end
 * @throws HistoryError `prefix_changed` where the statements that are done are not those of the file any more
 */
export async function runStepwise(
  connection: Connection,
  run: Run,
  state: ServerState,
  work: Work,
  predecessor: bigint | null,
): Promise<Failure | null> {
  const start = statementsDone(work, state);
  const send = async (messages: readonly Message[]): Promise<Failure | null> => {
    const failure = await runPipeline(connection.client, messages);
    return failure && { work, ...failure };
  };
  try {
    let newest = predecessor;
    let failure = await send(settingsAgain(work, start));
    for (const chunk of chunksFrom(work.statements, start)) {
      failure ??= chunk.alone
        ? await runAlone(connection, run, work, chunk, newest, send)
        : await send(chunkScript(work, run, newest, chunk.statements, progressAt(work, chunk.end)));
      if (failure !== null) return failure;
      newest = work.version;
    }
    return failure;
  } finally {
    await connection.client.query('discard all').catch(() => undefined);
  }
}

/** Between the transaction that passed the guard and the one that notes the progress, the statement stands by itself. */
async function runAlone(
  { client, serverVersion }: Connection,
  run: Run,
  work: Work,
  chunk: Chunk,
  newest: bigint | null,
  send: (messages: readonly Message[]) => Promise<Failure | null>,
): Promise<Failure | null> {
  const guarded = await send(guardScript(work, run, newest, progressAt(work, chunk.end - 1)));
  if (guarded !== null) return guarded;
  const timeouts = ['lock_timeout', 'statement_timeout', 'idle_in_transaction_session_timeout'].concat(
    serverVersion.number >= 170000 ? ['transaction_timeout'] : [],
  );
  const { rows } = await client.query<Record<string, string>>(
    `select ${timeouts.map((name) => `pg_catalog.current_setting('${name}') as ${name}`).join(', ')}`,
  );
  const set = (value: (name: string) => string): Message => ({
    step: 'begin',
    sql: timeouts.map((name) => `set ${name} = '${value(name)}'`).join('; '),
  });
  const [statement] = chunk.statements;
  const failure = await send([
    set(() => '0'),
    ...(statement === undefined ? [] : [{ step: 'statement' as const, sql: statement.sql, statement }]),
  ]);
  const restored = await send([set((name) => rows[0]?.[name] ?? '0')]);
  return (
    failure ?? restored ?? (await send(chunkScript(work, run, work.version, [], progressAt(work, chunk.end))))
  );
}

/** How many statements of the file an earlier run has done. */
function statementsDone(work: Work, { rows }: ServerState): number {
  const row = rows.find(({ version }) => version === work.version);
  if (row?.unfinished !== work.direction || row.statementsDone === null) return 0;
  if (
    progressAt(work, row.statementsDone)?.checksum !== row.statementsDoneChecksum &&
    row.statementsDone > 0
  ) {
    throw new HistoryError(
      'prefix_changed',
      `The first ${row.statementsDone} statements of ${work.name} are done, and the file does not begin with them any more.`,
      { remedy: 'Leave what is done as it was, and change only what stands behind it.' },
    );
  }
  return row.statementsDone;
}

/** The progress after a number of statements; its end is null, since a whole file has no progress. */
function progressAt(work: Work, done: number): Progress | null {
  if (done >= work.statements.length) return null;
  const hash = createHash('sha256');
  for (const { sql } of work.statements.slice(0, done)) hash.update(sql).update('\0');
  return { statementsDone: done, checksum: hash.digest('hex') };
}

function chunksFrom(statements: readonly Statement[], start: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (const [index, statement] of statements.entries()) {
    if (index < start) continue;
    const alone = runsAlone(statement);
    const last = chunks.at(-1);
    if (last !== undefined && !alone && !last.alone) {
      chunks[chunks.length - 1] = { alone, statements: [...last.statements, statement], end: index + 1 };
    } else {
      chunks.push({ alone, statements: [statement], end: index + 1 });
    }
  }
  // A file without a statement left still has its end to be noted.
  return chunks.length > 0 ? chunks : [{ alone: false, statements: [], end: statements.length }];
}

/** The settings among the statements that are done: they belonged to a session that is gone, so they are sent again. */
function settingsAgain(work: Work, done: number): Message[] {
  return work.statements
    .slice(0, done)
    .filter(({ node }) => 'VariableSetStmt' in node && node.VariableSetStmt.is_local !== true)
    .map((statement) => ({ step: 'statement', sql: statement.sql, statement }));
}
