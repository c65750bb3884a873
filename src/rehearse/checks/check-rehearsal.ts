import type pg from '../../postgres/driver/pg.js';
import type { Plan } from '../plan/plan.js';
import type { RehearsalRecord } from '../plan/record.js';
import { CALL_CHECKS } from './calls.js';
import { LIFE_CHECKS } from './lives.js';
import { OUTCOME_CHECKS } from './outcomes.js';
import type { RecordCheck } from './record-check.js';
import { readCampaign, readShared } from './rows.js';

/** A rule that was broken. */
export interface RehearsalViolation {
  /** The number of the rule; null for a foreign key, and for an error of a function that had no reason to fail. */
  readonly rule: number | null;
  /** Who found it: the queries of `verify`, the record of the rehearsal, or the answer of a function. */
  readonly source: 'rows' | 'record' | 'answers';
  readonly finding: string;
  readonly count: number;
  /** The first ids of what was found. */
  readonly ids: readonly string[];
}

const CHECKS: readonly RecordCheck[] = [...CALL_CHECKS, ...OUTCOME_CHECKS, ...LIFE_CHECKS];
const SCHEMAS = ['public', 'voicesurvey', 'voicesurvey_rules'];
const MOST_IDS = 5;

/**
 * Checks the thirteen rules twice: over all rows with the queries of `verify`, and with the record of what the rehearsal did.
 *
 * @param client in a transaction
 */
export async function checkRehearsal(
  client: pg.Client,
  plan: Plan,
  record: RehearsalRecord,
): Promise<readonly RehearsalViolation[]> {
  return [...(await checkRows(client)), ...(await checkRecord(client, plan, record)), ...refusalsOf(record)];
}

/** Checks all rows with the queries of `verify`. */
export async function checkRows(client: pg.Client): Promise<readonly RehearsalViolation[]> {
  // Imported by the call, as verify does: the bundler warns of a module that is imported in both ways.
  const { findBrokenRows } = await import('../../inspect/rows/find-broken-rows.js');
  const broken = await findBrokenRows(client, { schemas: SCHEMAS, rules: true });
  return broken.map(({ rule, name, finds, rows, reason, ids }) => ({
    rule,
    source: 'rows',
    finding: reason === null ? `${name}: ${finds}` : `${name}: not checked, because ${reason}`,
    count: rows ?? 0,
    ids: ids.slice(0, MOST_IDS),
  }));
}

/** Compares the record with the rows, campaign by campaign, so that the rows of one are in memory. */
export async function checkRecord(
  client: pg.Client,
  plan: Plan,
  record: RehearsalRecord,
): Promise<readonly RehearsalViolation[]> {
  const shared = await readShared(client);
  const found = new Map<RecordCheck, string[]>(CHECKS.map((check) => [check, []]));
  for (const [position, campaign] of record.campaigns.entries()) {
    const rows = await readCampaign(client, campaign.id);
    const calls = [...record.calls.values()].filter((call) => call.campaign === position);
    const evidence = { plan, record, shared, rows, position, campaign, calls };
    for (const check of CHECKS) found.get(check)?.push(...check.find(evidence));
  }
  return [...found].flatMap(([{ rule, finds }, ids]) =>
    ids.length === 0
      ? []
      : [{ rule, source: 'record' as const, finding: finds, count: ids.length, ids: ids.slice(0, MOST_IDS) }],
  );
}

function refusalsOf({ refusals }: RehearsalRecord): RehearsalViolation[] {
  return [...new Set(refusals)].map((refusal) => ({
    rule: null,
    source: 'answers',
    finding: `a function refused what it had to accept: ${refusal}`,
    count: refusals.filter((one) => one === refusal).length,
    ids: [],
  }));
}
