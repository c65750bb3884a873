import { resolve } from 'node:path';
import pg from '../../postgres/pg.js';
import { TAKES_AWAY } from './detect.js';
import { LossRefusedError } from './errors.js';
import { type CountedLoss, describeLoss, keyOf, type Loss, type LostData, namesOf } from './loss.js';

/** What a run knows of the data that it takes away. */
export interface Keeper {
  /** The names that somebody has agreed to lose. */
  readonly agreed: readonly string[];
  /** The folder in which what goes is kept, in a folder of its own for each migration. */
  readonly folder: string;
  /** The folder of migrations, for the commands that bring it back. */
  readonly directory: string;
  /** What each part takes away, as far as it is known; by `partOf`. */
  readonly known: Map<string, readonly Loss[]>;
  /** What was taken away. */
  readonly lost: LostData[];
}

/** A keeper that knows nothing yet; a relative folder is one of the current folder. */
export function newKeeper(agreed: readonly string[], folder: string, directory: string): Keeper {
  return { agreed, folder: resolve(folder), directory: resolve(directory), known: new Map(), lost: [] };
}

/**
 * Names what runs in one transaction: a file, or some statements of a no-transaction file.
 *
 * @param end how many statements of the file are done after it
 */
export function partOf(version: bigint, end: number): string {
  return `${version} ${end}`;
}

/**
 * @param counted what there is of losses, each with the migration that it goes with
 * @param state what became of the run, as a sentence
 * @throws LossRefusedError where nobody has agreed to lose all of it
 */
export function refuseUnasked(
  { agreed }: Keeper,
  counted: readonly (CountedLoss & { readonly version: string })[],
  state: string,
): void {
  const isAgreed = (loss: Loss): boolean => namesOf(loss).some((name) => agreed.includes(name));
  const unasked = counted.filter((loss) => !isAgreed(loss));
  if (unasked.length === 0) return;
  const losses = unasked.map((loss) => describeLoss(loss, loss.version, null));
  throw new LossRefusedError(losses, agreed, state);
}

/** The keys of what a part may take away. */
export function announced({ known }: Keeper, part: string): readonly string[] {
  return (known.get(part) ?? []).map(keyOf);
}

/**
 * Learns from a transaction that was ended because it took away what was not announced.
 *
 * @returns whether there was something new, so that another try may go further
 */
export function learn(keeper: Keeper, error: unknown): boolean {
  if (!(error instanceof pg.DatabaseError) || error.code !== TAKES_AWAY || error.detail === undefined)
    return false;
  const { part, losses } = JSON.parse(error.detail) as { part: string; losses: readonly Loss[] };
  return note(keeper, part, losses);
}

/**
 * Notes what a part takes away, beside what is known of it already.
 *
 * @returns whether there was something new
 */
export function note({ known }: Keeper, part: string, losses: readonly Loss[]): boolean {
  const before = known.get(part) ?? [];
  const keys = new Set(before.map(keyOf));
  const added = losses.filter((loss) => !keys.has(keyOf(loss)));
  known.set(part, [...before, ...added]);
  return added.length > 0;
}
