import fc from 'fast-check';
import { pick } from './deed.js';
import { another } from './values.js';
import type { World } from './world.js';
import { nameOf, type Write } from './write.js';

/** A mistake in a deed: one of its writes is left out, or writes something else to a column, or nothing. */
export interface Slip {
  readonly write: number;
  readonly isLeftOut: boolean;
  readonly column: number;
  readonly value: number;
}

export const anySlip: fc.Arbitrary<Slip> = fc.record({
  write: fc.nat(3),
  isLeftOut: fc.oneof(
    { weight: 3, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
  column: fc.nat(11),
  value: fc.nat(11),
});

/** The writes with a mistake in one of them. */
export function withSlip(writes: readonly Write[], slip: Slip, world: World, now: number): readonly Write[] {
  const wrong = pick(writes, slip.write);
  return writes.flatMap((write) => (write === wrong ? mistaken(write, slip, world, now) : [write]));
}

function mistaken(write: Write, { isLeftOut, column, value }: Slip, world: World, now: number): Write[] {
  if (isLeftOut || write.kind === 'delete') return [];
  const columns = 'row' in write ? write.row : write.columns;
  const name = pick(Object.keys(columns), column) ?? '';
  const set = another(write.table, name, value, world, columns, now);
  if ('row' in write) {
    if (set === undefined) return [write];
    const row = { ...columns, [name]: set };
    return [{ ...write, name: nameOf(write.table, write.name, row), row }];
  }
  const { [name]: _, ...others } = columns;
  const kept = set === undefined ? others : { ...others, [name]: set };
  return Object.keys(kept).length === 0 ? [] : [{ ...write, columns: kept }];
}
