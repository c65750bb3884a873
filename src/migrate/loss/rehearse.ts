import type { Connection } from '../../postgres/connect.js';
import pg from '../../postgres/pg.js';
import { guard } from '../guard.js';
import type { Failure } from '../outcome.js';
import { runPipeline } from '../pipeline.js';
import {
  BEGIN,
  LEAVE_NOTHING_BEHIND,
  LIFT_TIMEOUTS,
  lockTimeoutOf,
  type Message,
  type Run,
  type Work,
} from '../script.js';
import type { ServerState } from '../state.js';
import { type Chunk, chunksFrom, statementsDone } from '../stepwise.js';
import { LossRefusedError, nothingToLose } from './errors.js';
import { existing } from './existing.js';
import { NOTE_BEFORE, TAKEN_AWAY } from './inventory.js';
import { countNow } from './keep.js';
import { isAgreed, type Keeper, note, partOf } from './keeper.js';
import { describeLoss, keyOf, type Loss, type LostData, namesOf } from './loss.js';

/** What a rehearsal found. */
export interface Rehearsal {
  /** What there is of what would be taken away. */
  readonly losses: readonly LostData[];
  /** Why it did not come to its end; null where it did. */
  readonly failure: Failure | null;
}

interface Sent extends Message {
  readonly work: Work;
  /** The part whose losses are the answer. */
  readonly part?: string;
}

/**
 * Runs all files of a down in one transaction, rolls it back, and counts what it would have taken away; so that a down
 * of many steps is refused before its first step. Two round trips and those of the count, whatever the number of files.
 *
 * What runs without a transaction is left out: it takes away indexes, and no data; what fails behind it for want of them
 * is passed over. Where another file fails, what it and those behind it take away is not known; they are run for real all
 * the same, and then say why they fail, or what they would take away.
 *
 * @param guarded whether this run holds the lock
 * @returns what was found; a failure is one to try again after
 */
export async function rehearse(
  connection: Connection,
  run: Run & { readonly keeper: Keeper },
  state: ServerState,
  works: readonly Work[],
  guarded: boolean,
): Promise<Rehearsal> {
  const { keeper } = run;
  const [first] = works;
  if (first === undefined) return { losses: [], failure: null };
  const found: (Loss & { readonly version: string })[] = [];
  const messages = [...beginning(first, run, state, guarded), ...rehearsed(works, run, state)];
  const failed = await runPipeline(
    connection.client,
    [...messages, ending(first)],
    ({ work, part }, answer) => {
      if (part === undefined) return;
      const losses = lossesIn(answer);
      note(keeper, part, losses);
      found.push(...losses.map((loss) => ({ ...loss, version: work.label })));
    },
  );
  const failure = failed && { work: failed.message.work, message: failed.message, error: failed.error };
  if (failure !== null && isPassing(failure)) return { losses: [], failure };
  if (failure === null) await refuseWhatStays(connection, keeper);
  const counted = await countNow(connection, found, run.lockTimeoutMs);
  const losses = counted.map((loss) => describeLoss(loss, loss.version, null));
  const isUnasked = counted.map((loss) => !isAgreed(keeper, loss));
  if (guarded && isUnasked.includes(true)) {
    throw new LossRefusedError(
      losses.filter((_, index) => isUnasked[index]),
      keeper.agreed,
      'Nothing was rolled back.',
    );
  }
  return { losses, failure: null };
}

function beginning(first: Work, run: Run, { rows }: ServerState, guarded: boolean): readonly Sent[] {
  const sql = guarded ? `${BEGIN};\n${guard(rows.at(-1)?.version ?? null, run)}` : BEGIN;
  return [{ step: 'begin', sql, work: first }];
}

/** The messages of all files, in their order. */
function rehearsed(works: readonly Work[], run: Run, state: ServerState): readonly Sent[] {
  let leftOut = false;
  return works.flatMap((work) => {
    const settings = [
      LIFT_TIMEOUTS,
      `set local lock_timeout = ${lockTimeoutOf(work, run)}`,
      // What it has to say, it says when it is meant.
      'set local client_min_messages = error',
    ];
    const parts = partsOf(work, state).flatMap(({ alone, statements, end }): Sent[] => {
      leftOut ||= alone;
      if (alone) return [];
      return [
        { step: 'keep', sql: NOTE_BEFORE, work },
        ...statements.map(
          (statement): Sent => ({
            step: 'statement',
            sql: leftOut ? forgiven(statement.sql) : statement.sql,
            statement,
            work,
          }),
        ),
        {
          step: 'keep',
          sql: `set constraints all immediate;\n${TAKEN_AWAY}`,
          work,
          part: partOf(work.version, end),
        },
      ];
    });
    return [
      { step: 'begin', sql: settings.join(';\n'), work },
      ...parts,
      { step: 'record', sql: LEAVE_NOTHING_BEHIND, work },
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

function ending(first: Work): Sent {
  const sql = 'rollback;\ndeallocate all;\nselect pg_catalog.pg_advisory_unlock_all()';
  return { step: 'commit', sql, work: first };
}

function lossesIn(answer: unknown): readonly Loss[] {
  const results = [answer].flat() as { rows?: Loss[] }[];
  const losses = results.at(-1)?.rows ?? [];
  return losses.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Whether another try may go further; a statement that the server refuses, it refuses again. */
function isPassing({ error }: Failure): boolean {
  return !(error instanceof pg.DatabaseError) || /^(55P03|40P01|VS00.|57...|08...)$/.test(error.code ?? '');
}

/** @throws UsageError where a name is given of something that stays */
async function refuseWhatStays({ client }: Connection, { agreed, known }: Keeper): Promise<void> {
  const going = [...known.values()].flat().map(namesOf);
  const others = agreed.filter((name) => !going.flat().includes(name));
  if (others.length === 0) return;
  const staying = await existing(client, others);
  if (staying.length > 0)
    throw nothingToLose(
      staying,
      going.flatMap(([name]) => name ?? []),
    );
}
