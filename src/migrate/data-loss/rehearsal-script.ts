import pg from '../../postgres/pg.js';
import { liftTimeouts } from '../../postgres/timeouts.js';
import type { ServerState } from '../history/server-state.js';
import { type Chunk, chunksFrom, statementsDone } from '../script/chunks.js';
import { guard } from '../script/guard.js';
import { BEGIN, leaveNothingBehind, lockTimeoutOf, STRINGS_AS_PARSED } from '../script/transaction.js';
import type { Message, Run, Work } from '../script/work.js';
import { DATA_LOSS_QUERY, NOTE_BEFORE } from './detect.js';
import { partOf } from './ledger.js';

/** A message of a rehearsal. */
export interface RehearsalMessage extends Message {
  readonly work: Work;
  /** The part whose losses are the last result of the answer. */
  readonly part?: string;
}

/**
 * The messages that run files in one transaction and roll it back, with a look at what each part takes away. What runs
 * without a transaction is left out.
 *
 * @param works at least one
 * @param guarded whether this run holds the lock
 */
export function rehearsalScript(
  works: readonly Work[],
  run: Run,
  state: ServerState,
  guarded: boolean,
): readonly RehearsalMessage[] {
  const [first] = works;
  if (first === undefined) return [];
  const predecessor = state.rows.at(-1)?.version ?? null;
  const begin = [BEGIN, liftTimeouts(run.serverVersion), ...(guarded ? [guard(predecessor, run)] : [])];
  return [
    { step: 'begin', sql: begin.join(';\n'), work: first },
    ...filesIn(works, run, state),
    {
      step: 'commit',
      sql: 'rollback;\ndeallocate all;\nselect pg_catalog.pg_advisory_unlock_all()',
      work: first,
    },
  ];
}

function filesIn(works: readonly Work[], run: Run, state: ServerState): readonly RehearsalMessage[] {
  let leftOut = false;
  return works.flatMap((work) => {
    const settings = [
      STRINGS_AS_PARSED,
      `set local lock_timeout = ${lockTimeoutOf(work, run)}`,
      // What it has to say, it says when it is meant.
      'set local client_min_messages = error',
      // As at the beginning of a transaction of its own; the file before has left them immediate.
      'set constraints all deferred',
    ];
    const parts = partsOf(work, state).flatMap(({ alone, statements, end }): RehearsalMessage[] => {
      leftOut ||= alone;
      if (alone) return [];
      return [
        { step: 'keep', sql: NOTE_BEFORE, work },
        ...statements.map(
          (statement): RehearsalMessage => ({
            step: 'statement',
            sql: leftOut ? forgiven(statement.sql) : statement.sql,
            statement,
            work,
          }),
        ),
        {
          step: 'keep',
          sql: `set constraints all immediate;\n${DATA_LOSS_QUERY}`,
          work,
          part: partOf(work.version, end),
        },
      ];
    });
    return [
      { step: 'begin', sql: settings.join(';\n'), work },
      ...parts,
      { step: 'record', sql: leaveNothingBehind(run), work },
    ];
  });
}

function partsOf(work: Work, state: ServerState): readonly Chunk[] {
  const { statements, script } = work;
  if (script.options.transaction) return [{ alone: false, statements, end: statements.length }];
  return chunksFrom(statements, statementsDone(work, state) ?? 0);
}

/** A statement that may need what was left out: its failure is passed over, unless another try may go further. */
function forgiven(sql: string): string {
  return `do $rehearse$
begin
  execute ${pg.escapeLiteral(sql)};
exception
  when lock_not_available or deadlock_detected then
    raise;
  when others then
    null;
end
$rehearse$`;
}
