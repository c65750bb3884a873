import type { Plan } from '../plan/plan.js';
import type { CallRecord, CampaignRecord, RehearsalRecord } from '../plan/record.js';
import type { CampaignRows, ContactRow, SharedRows } from './rows.js';

/** What a check of one campaign compares. */
export interface Evidence {
  readonly plan: Plan;
  readonly record: RehearsalRecord;
  readonly shared: SharedRows;
  readonly rows: CampaignRows;
  /** The position of the campaign in plan and record. */
  readonly position: number;
  readonly campaign: CampaignRecord;
  /** Its calls in the record, in the order of their claims. */
  readonly calls: readonly CallRecord[];
}

/** A check of what the rehearsal did against one of the rules. */
export interface RecordCheck {
  readonly rule: number;
  /** What it finds, in words. */
  readonly finds: string;
  /** The ids of what it found: calls, contacts, events or e-mails. Never a number or an address. */
  readonly find: (evidence: Evidence) => readonly string[];
}

/** Whether a person may have been erased: the erasure was sent, whether it was confirmed or not. */
export const mayBeErased = ({ record }: Evidence, { number }: Pick<CallRecord, 'number'>): boolean =>
  record.erasures.has(number);

/** Groups by a key. */
export function groupBy<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
): ReadonlyMap<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Whether all attempts of a contact are used up. */
export const isUsedUp = ({ plan, position }: Evidence, { attempts }: ContactRow): boolean =>
  attempts >= (plan.campaigns[position]?.maxAttempts ?? 0);
