import type { Action, CreateName } from './action.js';
import { deleteHangUps, setLastAttempts } from './effects.js';
import { areKeysUnique } from './keys.js';
import { type Model, rowOf, type Table } from './model.js';
import { type Mutation, mutateWrites } from './mutation.js';
import {
  executeStatement,
  followEntries,
  type Isolation,
  numbersListedIn,
  type Segment,
  type Statement,
} from './segment.js';
import { sqlOfStatement } from './sql.js';
import { applyWrite, type Write } from './write.js';

/** How the writes of an action are sent. */
export type Form = 'separately' | 'as one statement' | 'on conflict' | 'in a savepoint' | 'rolled back';

/** An action of a transaction, and how it is sent. */
export interface Step {
  readonly action: Action;
  readonly mutation: Mutation | null;
  readonly form: Form;
  /** Sort keys of its writes among those of the other steps; repeated if there are more writes. */
  readonly positions: readonly number[];
  /** Whether `set constraints all immediate` follows its last write, and whether it stays in force. */
  readonly constraints: 'deferred' | 'checked once' | 'immediate from here on';
}

/** Writes that stay together. */
interface Batch {
  readonly position: number;
  readonly form: Form;
  readonly writes: readonly Write[];
  readonly constraints: Step['constraints'];
}

/** A transaction: its SQL, and its effect on the model if it is accepted. */
export interface Schedule {
  /** Empty if no step writes anything. */
  readonly sql: string;
  readonly segments: readonly Segment[];
  readonly after: Model;
  /** The instant of the last step. */
  readonly now: number;
}

/** Plans the actions one after the other, and then interleaves their writes. */
export function scheduleSteps(
  steps: readonly Step[],
  isolation: Isolation,
  before: Model,
  start: number,
  createName: CreateName,
): Schedule {
  const batches: Batch[] = [];
  let now = start;
  let model = before;
  for (const { action, mutation, form, positions, constraints } of steps) {
    now += action.delay;
    const planned = action.planWrites({ model, now, createName });
    const writes = mutation === null ? planned : mutateWrites(planned, mutation, model, now);
    if (form !== 'rolled back') for (const write of writes) model = executeStatement(model, [write]).after;
    const groups = form === 'separately' ? writes.map((write) => [write]) : [writes];
    groups.forEach((group, index) => {
      const position = positions[index % positions.length] ?? 0;
      const isLast = index === groups.length - 1;
      batches.push({ position, form, writes: group, constraints: isLast ? constraints : 'deferred' });
    });
  }
  const sorted = batches.toSorted((one, other) => one.position - other.position);
  return { ...executeBatches(sorted, isolation, before), now };
}

function executeBatches(
  batches: readonly Batch[],
  isolation: Isolation,
  before: Model,
): Omit<Schedule, 'now'> {
  const sql: string[] = [];
  const segments: Segment[] = [];
  let unchecked: Statement[] = [];
  let isImmediate = false;
  let model = before;
  let listedBefore = numbersListedIn(before);
  const endSegment = (): void => {
    const start = unchecked[0]?.before ?? model;
    model = deleteHangUps(setLastAttempts(model), unchecked);
    segments.push({ isolation, before: start, statements: unchecked, after: model, listedBefore });
    unchecked = [];
  };
  for (const { form, writes, constraints } of batches) {
    const statements = statementsOf(form, writes, model);
    sql.push(...sqlOfStatements(form, statements));
    for (const statement of form === 'rolled back' ? [] : statements) {
      model = statement.after;
      listedBefore = followEntries(listedBefore, statement);
      unchecked.push(statement);
      if (isImmediate) endSegment();
    }
    if (constraints !== 'deferred') {
      sql.push('set constraints all immediate');
      endSegment();
      isImmediate ||= constraints === 'immediate from here on';
      if (!isImmediate) sql.push('set constraints all deferred');
    }
  }
  endSegment();
  return {
    sql: sql.length === 0 ? '' : [`begin isolation level ${isolation}`, ...sql, 'commit'].join(';\n'),
    segments,
    after: model,
  };
}

function statementsOf(form: Form, writes: readonly Write[], before: Model): Statement[] {
  const sent = form === 'on conflict' ? writes.map(withOnConflict) : writes;
  const isOne = form === 'as one statement' && areIndependent(before, sent);
  let model = before;
  return (isOne ? [sent] : sent.map((write) => [write])).map((group) => {
    const statement = executeStatement(model, group);
    model = statement.after;
    return statement;
  });
}

/** Whether writes can share a statement: in whatever order the database does them, the effect is the same. */
function areIndependent(model: Model, writes: readonly Write[]): boolean {
  const rows = writes.flatMap((write) =>
    (write.kind === 'insert' || (write.kind === 'update' && rowOf(model, write.table, write.name))) &&
    write.table !== 'settings' &&
    areKeysUnique(applyWrite(model, write))
      ? [`${write.table} ${write.name}`]
      : [],
  );
  // The return of an excluded contact depends on the rows of other tables that the statement has written before it.
  const returnsContact = writes.some(
    (write) => write.kind === 'update' && model.contacts[write.name]?.state === 'excluded',
  );
  // The old number of a changed contact is listed, or not, by the entries and before the calls that the statement has
  // written before it.
  const changesNumber = writes.some(
    (write) => write.kind === 'update' && write.table === 'contacts' && 'phone_number' in write.columns,
  );
  // An end is replaced, or not, by the events and calls that the statement has written before it.
  const replacesEnd = writes.some(
    (write) =>
      write.kind === 'update' &&
      write.table === 'call_attempts' &&
      typeof model.call_attempts[write.name]?.ended_at === 'number',
  );
  const writesEventOrCall = writes.some(
    (write) => write.kind === 'insert' && ['events', 'call_attempts'].includes(write.table),
  );
  const writesEntryOrCall = writes.some(
    (write) => write.kind !== 'purge' && ['exclusion_list_entries', 'call_attempts'].includes(write.table),
  );
  // A change of the settings of a campaign depends on its status, which the statement may have written before it.
  const writesTo = (table: Table): boolean =>
    writes.some((write) => write.kind !== 'purge' && write.table === table);
  const writesSettingsAndCampaign = writesTo('campaign_settings') && writesTo('campaigns');
  return (
    writes.length > 1 &&
    !writesSettingsAndCampaign &&
    new Set(rows).size === writes.length &&
    !returnsContact &&
    !(replacesEnd && writesEventOrCall) &&
    !(changesNumber && writesEntryOrCall)
  );
}

function withOnConflict(write: Write): Write {
  if (write.kind === 'insert') return { ...write, kind: 'insert or nothing' };
  return write.kind === 'update' ? { ...write, kind: 'upsert' } : write;
}

function sqlOfStatements(form: Form, statements: readonly Statement[]): readonly string[] {
  const sql = statements.map(({ before, writes }) => sqlOfStatement(before, writes));
  if (sql.length === 0) return [];
  if (form === 'in a savepoint') return ['savepoint step', ...sql, 'release step'];
  if (form !== 'rolled back') return sql;
  // A PL/pgSQL block is a savepoint that is rolled back even if the database refuses a statement in it.
  return [
    `do $$ begin ${sql.join('; ')}; raise integrity_constraint_violation;
     exception when integrity_constraint_violation then null; end $$`,
  ];
}
