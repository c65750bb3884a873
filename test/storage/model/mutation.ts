import fc from 'fast-check';
import { pick } from './action.js';
import { pickValue } from './column-values.js';
import { type Model, rowName } from './model.js';
import type { Write } from './write.js';

/** A mistake in one write of an action: it is omitted, or one of its columns has another value or is omitted. */
export interface Mutation {
  readonly write: number;
  readonly isOmitted: boolean;
  readonly column: number;
  readonly value: number;
}

export const arbitraryMutation: fc.Arbitrary<Mutation> = fc.record({
  write: fc.nat(3),
  isOmitted: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  column: fc.nat(11),
  value: fc.nat(11),
});

/** Returns the writes, one of them mutated. */
export function mutateWrites(
  writes: readonly Write[],
  mutation: Mutation,
  model: Model,
  now: number,
): readonly Write[] {
  const target = pick(writes, mutation.write);
  return writes.flatMap((write) => (write === target ? mutateWrite(write, mutation, model, now) : [write]));
}

function mutateWrite(write: Write, mutation: Mutation, model: Model, now: number): Write[] {
  if (mutation.isOmitted || write.kind === 'delete' || write.kind === 'purge') return [];
  const columns = 'row' in write ? write.row : write.columns;
  const column = pick(Object.keys(columns), mutation.column) ?? '';
  const value = pickValue(write.table, column, mutation.value, model, columns, now);
  if ('row' in write) {
    if (value === undefined) return [write];
    const row = { ...columns, [column]: value };
    return [{ ...write, name: rowName(write.table, write.name, row), row }];
  }
  const { [column]: _, ...others } = columns;
  const mutated = value === undefined ? others : { ...others, [column]: value };
  return Object.keys(mutated).length === 0 ? [] : [{ ...write, columns: mutated }];
}
