import type { Fixtures } from './fixtures.js';
import type { TransactionResult, TransactionScript } from './sessions.js';

/** Concurrent transactions that would break a rule if the database checked it naively. */
export interface Race {
  /** Creates the rows of one round. */
  prepare(fixtures: Fixtures): Promise<Round>;
  /** The protections of the rule, by name, each with the SQL that removes it. Without it, the race breaks the rule. */
  readonly protections: Readonly<Record<string, string>>;
}

/** One round of a race. */
export interface Round {
  /** The transactions, each of its own session. */
  readonly transactions: readonly TransactionScript[];
  /** Returns a violation that `invariants.ts` cannot see, or null. */
  findViolation?(results: readonly TransactionResult[]): Promise<string | null>;
  /** Restores what the round changed for the invariants and for the rounds after it. */
  cleanUp?(): Promise<unknown>;
}

/** The number of calls of a campaign. */
export const COUNT_CALLS = 'select count(*) from call_attempts where campaign_id = $1';

/** Lets a transaction count the calls of a campaign right after its commit, for `findLateClaim`. */
export const countingCalls = (campaign: string, script: TransactionScript): TransactionScript => ({
  ...script,
  afterCommit: [COUNT_CALLS, [campaign]],
});

/**
 * Finds a claim that was committed after the first transaction, which should have prevented it. The first transaction
 * is one of `countingCalls`.
 */
export const findLateClaim =
  ({ execute }: Fixtures, campaign: string) =>
  async ([first]: readonly TransactionResult[]): Promise<string | null> => {
    if (first === undefined || first.refusal !== null) return null;
    const count = await execute(COUNT_CALLS, [campaign]);
    return Number(count) > Number(first.valueAfterCommit)
      ? `${count} calls; ${first.valueAfterCommit} when the change was committed`
      : null;
  };
