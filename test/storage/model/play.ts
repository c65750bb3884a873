import { sqlOf } from './database.js';
import type { Deed } from './deed.js';
import { keysDiffer } from './keys.js';
import { type Slip, withSlip } from './slip.js';
import { type Isolation, type Statement, statement, type Transaction } from './transaction.js';
import { rowOf, type World } from './world.js';
import { type Write, written } from './write.js';

/** How the writes of a deed are sent: each as a statement, or all as one; or in a savepoint. */
export type Form = 'as they come' | 'as one statement' | 'on conflict' | 'in a savepoint' | 'rolled back';

/** A deed, and how it is written. */
export interface Part {
  readonly deed: Deed;
  readonly slip: Slip | null;
  readonly form: Form;
  /** By which its writes are sorted among those of the others; in turn. */
  readonly places: readonly number[];
  /** `set constraints all immediate` behind its last write; and whether it stays so. */
  readonly look: 'none' | 'once' | 'from here on';
}

/** What is sent at once, and makes of the world what its statements say. */
interface Piece {
  readonly place: number;
  readonly form: Form;
  readonly writes: readonly Write[];
  readonly look: Part['look'];
}

/** A transaction, as it is to be played. */
export interface Played {
  readonly sql: string;
  /** What is judged together: up to where it was looked at, and then up to the commit. */
  readonly transactions: readonly Transaction[];
  readonly after: World;
  readonly now: number;
}

/** Deeds are planned one after the other, and then their writes are put in their order. */
export function play(
  parts: readonly Part[],
  isolation: Isolation,
  before: World,
  start: number,
  newName: (kind: string) => string,
): Played {
  const pieces: Piece[] = [];
  let now = start;
  let foreseen = before;
  for (const { deed, slip, form, places, look } of parts) {
    now += deed.wait;
    const planned = deed.plan(foreseen, now, newName);
    const writes = slip === null ? planned : withSlip(planned, slip, foreseen, now);
    if (form !== 'rolled back') for (const write of writes) foreseen = statement(foreseen, [write]).after;
    const groups = form === 'as they come' ? writes.map((write) => [write]) : [writes];
    groups.forEach((group, index) => {
      const place = places[index % places.length] ?? 0;
      pieces.push({ place, form, writes: group, look: index === groups.length - 1 ? look : 'none' });
    });
  }
  const inOrder = pieces.toSorted((one, other) => one.place - other.place);
  return { ...perform(inOrder, isolation, before), now };
}

function perform(pieces: readonly Piece[], isolation: Isolation, start: World): Omit<Played, 'now'> {
  const sql: string[] = [];
  const transactions: Transaction[] = [];
  let unjudged: Statement[] = [];
  let isImmediate = false;
  let world = start;
  const judge = (): void => {
    transactions.push({
      isolation,
      before: unjudged[0]?.before ?? world,
      statements: unjudged,
      after: world,
    });
    unjudged = [];
  };
  for (const { form, writes, look } of pieces) {
    const done = statementsOf(form, writes, world);
    sql.push(...inSavepoint(form, done));
    for (const each of form === 'rolled back' ? [] : done) {
      world = each.after;
      unjudged.push(each);
      if (isImmediate) judge();
    }
    if (look !== 'none') {
      sql.push('set constraints all immediate');
      judge();
      isImmediate ||= look === 'from here on';
      if (!isImmediate) sql.push('set constraints all deferred');
    }
  }
  judge();
  return {
    sql: sql.length === 0 ? '' : [`begin isolation level ${isolation}`, ...sql, 'commit'].join(';\n'),
    transactions,
    after: world,
  };
}

function statementsOf(form: Form, writes: readonly Write[], start: World): Statement[] {
  const forms = form === 'on conflict' ? writes.map(onConflict) : writes;
  const isOne = form === 'as one statement' && areApart(start, forms);
  let world = start;
  return (isOne ? [forms] : forms.map((write) => [write])).map((group) => {
    const done = statement(world, group);
    world = done.after;
    return done;
  });
}

/** Whether one statement may hold them: each is what it is, whichever the database does first. */
const areApart = (world: World, writes: readonly Write[]): boolean =>
  writes.length > 1 &&
  new Set(writes.map(({ table, name }) => `${table} ${name}`)).size === writes.length &&
  writes.every(
    (write) =>
      (write.kind === 'insert' || (write.kind === 'update' && rowOf(world, write.table, write.name))) &&
      keysDiffer(written(world, write)),
  );

function onConflict(write: Write): Write {
  if (write.kind === 'insert') return { ...write, kind: 'insert if new' };
  return write.kind === 'update' ? { ...write, kind: 'upsert' } : write;
}

function inSavepoint(form: Form, statements: readonly Statement[]): readonly string[] {
  const own = statements.map(({ before, writes }) => sqlOf(before, writes));
  if (own.length === 0) return [];
  if (form === 'in a savepoint') return ['savepoint part', ...own, 'release part'];
  if (form !== 'rolled back') return own;
  // A block is a savepoint that is rolled back also when the database refuses what is in it.
  return [
    `do $$ begin ${own.join('; ')}; raise integrity_constraint_violation;
     exception when integrity_constraint_violation then null; end $$`,
  ];
}
