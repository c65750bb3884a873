import { expect, test } from 'vitest';
import type { AcceptOptions } from '../../src/inspect/accept.js';
import type { BaselineOptions } from '../../src/inspect/baseline.js';
import type { VerifyOptions } from '../../src/inspect/verify.js';
import type { Database } from '../../src/migrate/database.js';
import type { DownOptions } from '../../src/migrate/down.js';
import type { NewMigrationOptions } from '../../src/migrate/new.js';
import type { RepairOptions } from '../../src/migrate/repair.js';
import type { StatusOptions } from '../../src/migrate/status.js';
import type { UpOptions } from '../../src/migrate/up.js';
import { ExplainedError } from '../../src/postgres/errors/explained-error.js';
import type { RehearseOptions } from '../../src/rehearse/rehearse.js';
import type { SeedContactsOptions } from '../../src/seed/seed-contacts.js';
import { call, joinRemedies, option, REMEDY_CALLS, REMEDY_OPTIONS, remedy } from '../../src/text/remedy.js';

/** What the functions that a remedy may call take. */
interface Functions {
  readonly up: UpOptions;
  readonly down: DownOptions;
  readonly status: StatusOptions;
  readonly verify: VerifyOptions;
  readonly repair: RepairOptions;
  readonly accept: AcceptOptions;
  readonly baseline: BaselineOptions;
  readonly newMigration: NewMigrationOptions;
  readonly seed: Database;
}

type AnyOption =
  | keyof UpOptions
  | keyof DownOptions
  | keyof RepairOptions
  | keyof VerifyOptions
  | keyof BaselineOptions
  | keyof RehearseOptions
  | keyof SeedContactsOptions;

test('a remedy calls only functions of the library, with options that they have', () => {
  const calls: { readonly [Name in keyof Functions]: readonly (keyof Functions[Name])[] } = REMEDY_CALLS;
  const options: readonly AnyOption[] = REMEDY_OPTIONS;
  expect([Object.keys(calls).length, options.length]).not.toContain(0);
});

test('an error has its remedy as text in the words of the library, and as parts', () => {
  const parts = remedy`${'Run'} ${call('repair', { version: 'V0003', reason: "it's right" })}, or set ${option('lockWaitMs')}.`;
  const error = new ExplainedError('unexpected', 'A message.', { remedy: parts });
  expect(error.remedy).toBe(
    "Run `repair({ version: 'V0003', reason: 'it\\'s right' })`, or set option `lockWaitMs`.",
  );
  expect(error.remedyParts).toEqual([
    'Run ',
    { call: 'repair', options: { version: 'V0003', reason: "it's right" } },
    ', or set ',
    { option: 'lockWaitMs' },
    '.',
  ]);
});

test('a remedy without calls and options is plain text', () => {
  expect(new ExplainedError('unexpected', 'A message.', { remedy: 'Run it again.' })).toMatchObject({
    remedy: 'Run it again.',
    remedyParts: ['Run it again.'],
  });
});

test('a remedy may hold other remedies, numbers and values of options', () => {
  const inner = remedy`use ${option('lose', ['a', 'b.c'])}`;
  const { remedy: text } = new ExplainedError('unexpected', 'A message.', {
    remedy: joinRemedies(
      'First this.',
      remedy`Then ${inner}, ${2} times, with ${call('down', { steps: 2 })}.`,
    ),
  });
  expect(text).toBe("First this. Then use `lose: ['a', 'b.c']`, 2 times, with `down({ steps: 2 })`.");
});
