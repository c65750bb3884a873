import fc from 'fast-check';
import type { CreateName } from './action.js';
import { arbitraryAction } from './arbitrary-action.js';
import type { Model } from './model.js';
import { arbitraryMutation } from './mutation.js';
import { type Form, type Schedule, type Step, scheduleSteps } from './schedule.js';
import type { Isolation } from './segment.js';

/** One to four actions, whose writes are interleaved. */
export interface Transaction {
  /** A description for a failure report. */
  toString(): string;
  /** Turns it into SQL for a state of the model. */
  schedule(before: Model, now: number, createName: CreateName): Schedule;
}

const isolation: fc.Arbitrary<Isolation> = fc.oneof(
  { weight: 4, arbitrary: fc.constant('read committed') },
  { weight: 1, arbitrary: fc.constantFrom('repeatable read', 'serializable') },
);

const form: fc.Arbitrary<Form> = fc.oneof(
  { weight: 9, arbitrary: fc.constant('separately') },
  {
    weight: 3,
    arbitrary: fc.constantFrom('as one statement', 'on conflict', 'in a savepoint', 'rolled back'),
  },
);

const positions = fc.oneof(
  { weight: 3, arbitrary: fc.constant([0]) },
  { weight: 2, arbitrary: fc.array(fc.nat(9), { minLength: 1, maxLength: 5 }) },
);

const step: fc.Arbitrary<Step> = fc.record({
  action: arbitraryAction,
  mutation: fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: arbitraryMutation },
  ),
  form,
  positions,
  constraints: fc.oneof(
    { weight: 12, arbitrary: fc.constant('deferred') },
    { weight: 1, arbitrary: fc.constantFrom('checked once', 'immediate from here on') },
  ),
});

const steps = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(step, { minLength: 1, maxLength, size: 'max' });

export const arbitraryTransaction: fc.Arbitrary<Transaction> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: steps(1) },
      { weight: 2, arbitrary: steps(2) },
      { weight: 2, arbitrary: steps(4) },
    ),
    isolation,
  )
  .map(([steps, isolation]) => ({
    toString: () =>
      [...steps.map(describeStep), ...(isolation === 'read committed' ? [] : [isolation])].join(' & '),
    schedule: (before, now, createName) => scheduleSteps(steps, isolation, before, now, createName),
  }));

const describeStep = ({ action, mutation, form, positions, constraints }: Step): string =>
  [
    String(action),
    ...(mutation === null ? [] : [`mutated by ${JSON.stringify(mutation)}`]),
    ...(form === 'separately' ? [] : [form]),
    ...(positions.some((position) => position > 0) ? [`at ${positions}`] : []),
    ...(constraints === 'deferred' ? [] : [`constraints ${constraints}`]),
  ].join(', ');
