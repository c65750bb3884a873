import { resolve } from 'node:path';
import type { MigrationSet } from '../../catalog/migration-set.js';
import pg from '../../postgres/driver/pg.js';
import { sqlStateOf } from '../../postgres/errors/sql-states.js';
import type { LostData } from '../script/safeguard.js';
import { UNEXPECTED_LOSS } from '../script/sql-states.js';
import type { TransactionStep } from '../script/steps.js';
import type { Work } from '../script/work.js';
import { LossRefusedError } from './errors.js';
import { type CountedLoss, describeLoss, keyOf, type Loss, type MigrationLoss, namesOf } from './loss.js';

/** What the caller of a run agreed to. */
export interface Agreement {
  /** The names of the data that the caller agreed to delete. */
  readonly agreed: readonly string[];
  readonly set: MigrationSet;
  /** The folder of migrations, for the instructions of the restore script. */
  readonly directory: string;
  /** Whether the run may begin although its rehearsal failed at a later migration. */
  readonly asFarAsPossible: boolean;
}

/** The data that a run deletes, and what the caller agreed to. */
export interface Ledger extends Agreement {
  /** The folder of the backups; each migration has a folder in it. */
  readonly folder: string;
  /** The known losses of each step, by `stepKey`. */
  readonly expected: Map<string, readonly Loss[]>;
  /** The data that was deleted; in a dry run, that would be deleted. */
  readonly losses: LostData[];
  /** Whether the run has begun after a rehearsal, so that migrations may be committed. */
  hasBegun: boolean;
}

/** The folder of the backups, in the current folder. */
const BACKUP_FOLDER = 'voicesurvey-backup';

/**
 * A ledger without entries. A relative folder is relative to the current folder.
 *
 * @param folder of the backups; undefined for the default
 */
export function newLedger({ directory, ...agreement }: Agreement, folder = BACKUP_FOLDER): Ledger {
  return {
    ...agreement,
    folder: resolve(folder),
    directory: resolve(directory),
    expected: new Map(),
    losses: [],
    hasBegun: false,
  };
}

/**
 * Describes, in sentences, what a refused run has done.
 *
 * @param work the file that the refusal prevents
 */
export function stateOf({ hasBegun }: Pick<Ledger, 'hasBegun'>, { label, direction }: Work): string {
  const done = direction === 'up' ? 'applied' : 'rolled back';
  if (!hasBegun) return `Nothing was ${done}.`;
  return `${label} was not ${done}. Migrations that were ${done} before it stay ${done}.`;
}

/** Identifies a step. The key is the same in every attempt. */
export function stepKey({ work, end }: TransactionStep): string {
  return `${work.version} ${end}`;
}

/** The data that a step is expected to delete. */
export function expectedLosses({ expected }: Ledger, step: TransactionStep): readonly Loss[] {
  return expected.get(stepKey(step)) ?? [];
}

/**
 * Refuses to delete data that the caller did not agree to.
 *
 * @param counted the data that would be deleted, and whether its file allows it
 * @param work the file that a refusal prevents
 * @throws LossRefusedError
 */
export function refuseUnnamed(
  ledger: Ledger,
  counted: readonly (MigrationLoss<CountedLoss> & { readonly isAllowed: boolean })[],
  work: Work,
): void {
  const { agreed, expected } = ledger;
  const deleted = [...expected.values()].flat().flatMap(namesOf);
  const isAgreed = (loss: Loss): boolean => namesOf(loss).some((name) => agreed.includes(name));
  const unnamed = counted.filter((loss) => !loss.isAllowed && !isAgreed(loss));
  if (unnamed.length === 0) return;
  throw new LossRefusedError(
    unnamed.map((loss) => describeLoss(loss, null)),
    agreed.filter((name) => deleted.includes(name)),
    work.direction,
    stateOf(ledger, work),
  );
}

/**
 * Learns from the error of a transaction that failed because it deleted unexpected data.
 *
 * @returns whether the error had something new, so that another attempt may succeed
 */
export function learn(ledger: Ledger, error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError) || sqlStateOf(error) !== UNEXPECTED_LOSS) return false;
  const { step, losses } = JSON.parse(error.detail ?? '{}') as { step: string; losses: readonly Loss[] };
  return expectLosses(ledger, step, losses);
}

/**
 * Adds to what a step is expected to delete.
 *
 * @param key of the step
 * @returns whether there was something new
 */
export function expectLosses({ expected }: Ledger, key: string, losses: readonly Loss[]): boolean {
  const before = expected.get(key) ?? [];
  const keys = new Set(before.map(keyOf));
  const added = losses.filter((loss) => !keys.has(keyOf(loss)));
  expected.set(key, [...before, ...added]);
  return added.length > 0;
}
