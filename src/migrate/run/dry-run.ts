import { hostname } from 'node:os';
import { applicationName } from '../../postgres/application-name.js';
import type { Connection } from '../../postgres/connect.js';
import { lockSql } from '../data-loss/back-up.js';
import type { Keeper } from '../data-loss/ledger.js';
import type { Loss } from '../data-loss/loss.js';
import { knownLosses } from '../data-loss/run-with-back-up.js';
import type { ServerState } from '../history/server-state.js';
import { chunksFrom, progressAt, statementsDone } from '../script/chunks.js';
import { HOLDER_KEY, LOCK_KEY } from '../script/guard.js';
import { chunkScript, historyScript, sessionScript, transactionScript } from '../script/transaction.js';
import type { Message, Run, Work } from '../script/work.js';
import { newestAfter } from './execute.js';
import { LOCK_TIMEOUT_MS } from './run.js';

/** Only a run knows its number and the process that holds its lock. */
const DRY_RUN: Omit<Run, 'serverVersion'> = {
  id: '00000000-0000-0000-0000-000000000000',
  appliedWith: applicationName,
  appliedOn: hostname(),
  lockPid: 0,
  lockWaitMs: 0,
  lockTimeoutMs: LOCK_TIMEOUT_MS,
  // That depends on the system of the server.
  noticesLostClient: true,
  // Hundreds of lines that say nothing of the migrations.
  recordsSnapshot: false,
  // As are those by which a down looks at what it takes away.
  keeper: null,
};

const HEAD = `-- Sent while another session holds the advisory locks ${LOCK_KEY} and (${HOLDER_KEY}, 0);
-- the 0 stands for its server process, and the zeros in run_id for the number of the run.
-- Left out: the query by which a run describes, in the history, the catalog that it leaves.
`;

const HEAD_OF_DOWN = `-- Before it, all of it is run once in a transaction that is rolled back.
-- Left out of both: the queries by which a run looks at what is taken away, and copies that to files.
`;

/** A run that sends nothing, on the server of a connection. */
export function dryRunOn({ serverVersion }: Connection): Run {
  return { ...DRY_RUN, serverVersion: serverVersion.number };
}

/**
 * The SQL that a run would send, message by message.
 *
 * @param run from {@link dryRunOn}
 * @param state what the history says now
 * @param works the files, in their order
 * @param keeper what a down is known to take away; null for an up
 * @returns SQL that psql can read; empty where nothing is to do
 */
export function dryRun(run: Run, state: ServerState, works: readonly Work[], keeper: Keeper | null): string {
  if (works.length === 0) return '';
  const parts = state.hasHistory ? [] : [printed('the history', historyScript(run))];
  let predecessor = state.rows.at(-1)?.version ?? null;
  for (const [index, work] of works.entries()) {
    const messages = work.script.options.transaction
      ? keeping(
          transactionScript(work, run, predecessor, index === works.length - 1 ? works : null),
          knownLosses({ keeper }, work, work.statements.length),
        )
      : steps(work, run, state, predecessor, keeper);
    parts.push(printed(`${work.name}.${work.direction}.sql`, messages));
    predecessor = newestAfter(work, state, predecessor);
  }
  return [keeper === null ? HEAD : HEAD + HEAD_OF_DOWN, ...parts].join('\n');
}

function steps(
  work: Work,
  run: Run,
  state: ServerState,
  predecessor: bigint | null,
  keeper: Keeper | null,
): Message[] {
  const after = newestAfter({ ...work, direction: 'up' }, state, predecessor);
  const messages: Message[] = [...sessionScript(work, run)];
  let noted = statementsDone(work, state);
  for (const { alone, statements, end } of chunksFrom(work.statements, noted ?? 0)) {
    const before = messages.length === 1 ? predecessor : after;
    if (alone) {
      messages.push(...chunkScript(work, run, before, noted, [], progressAt(work, end - 1), null));
      messages.push(...statements.map(({ sql }) => ({ step: 'statement' as const, sql })));
      messages.push(...chunkScript(work, run, after, end - 1, [], progressAt(work, end), null));
    } else {
      const chunk = chunkScript(work, run, before, noted, statements, progressAt(work, end), null);
      messages.push(...keeping(chunk, knownLosses({ keeper }, work, end)));
    }
    noted = end;
  }
  return [...messages, { step: 'commit', sql: 'discard all' }];
}

/** A transaction with the lock under which what it takes away is written to files, behind its beginning. */
function keeping(messages: readonly Message[], losses: readonly Loss[]): readonly Message[] {
  if (losses.length === 0) return messages;
  const sql = `-- what they hold of what goes is written to files\n${lockSql(losses)}`;
  return messages.toSpliced(1, 0, { step: 'keep', sql });
}

function printed(title: string, messages: readonly Message[]): string {
  return `-- ${title}\n${messages.map(({ sql }) => terminated(sql)).join('')}`;
}

/** A statement may end in a comment, which would take a semicolon behind it for its own. */
function terminated(sql: string): string {
  return sql.slice(sql.lastIndexOf('\n') + 1).includes('--') ? `${sql}\n;\n` : `${sql};\n`;
}
