import fc from 'fast-check';
import { insertRow, mostly, pick, rowIndex, updateRow } from '../action.js';
import { ANSWERED_OUTCOMES, newCall } from '../calls.js';
import { attemptOf, type Contact, isOpen, type Model } from '../model.js';
import { isCallingTime } from '../statement-rules.js';
import { type ApiCall, campaignArgument, defineCall, type Prediction, type ResultRow } from './call.js';

/** How many calls may start: those below the limit of the provider, without the calls whose hang-up is noted. */
export function freeSlots({ provider_configs, call_attempts, hang_ups }: Model): number {
  const [provider] = Object.values(provider_configs);
  const used = Object.entries(call_attempts).filter(([name, call]) => isOpen(call) && !(name in hang_ups));
  return Math.max((provider?.max_concurrent_calls ?? 0) - used.length, 0);
}

/** Whether a contact may be called now: in the calling time, after the interval, and with attempts left. */
function isDue(model: Model, now: number, name: string, contact: Contact): boolean {
  const campaign = model.campaigns[contact.campaign_id];
  if (campaign?.status !== 'running' || !isCallingTime(model, contact.campaign_id, now)) return false;
  if (!['pending', 'not_reached'].includes(contact.state)) return false;
  if (contact.attempts_count >= campaign.max_attempts) return false;
  if (contact.phone_number in model.exclusion_list_entries) return false;
  if (numbersInCalls(model).has(contact.phone_number)) return false;
  if (contact.attempts_count === 0) return true;
  const last = attemptOf(model, name, contact.attempts_count);
  return (
    last !== undefined &&
    last.ended_at !== null &&
    last.ended_at <= now + 1 &&
    !ANSWERED_OUTCOMES.has(last.outcome ?? '') &&
    Number(contact.last_attempt_at) <= now - campaign.retry_interval_minutes
  );
}

const numbersInCalls = ({ call_attempts, contacts }: Model): Set<string | undefined> =>
  new Set(
    Object.values(call_attempts)
      .filter(isOpen)
      .map(({ contact_id }) => contacts[contact_id]?.phone_number),
  );

/** Claims calls of a campaign or of all. Which ones is random, within what the documentation promises. */
export const claimCalls: fc.Arbitrary<ApiCall> = defineCall<{
  atMost: number;
  campaign: number | null;
  isUnknown: boolean;
}>(
  'claim_calls',
  {
    atMost: mostly(2, 1, 3, 10, 0),
    campaign: fc.oneof(fc.constant(null), rowIndex),
    isUnknown: mostly(false, true),
  },
  ({ atMost, campaign: index, isUnknown }, { model, now }) => {
    const campaign = isUnknown ? undefined : pick(Object.keys(model.campaigns), index ?? 0);
    const argument = index === null ? 'null' : campaignArgument(campaign);
    return {
      sql: `voicesurvey.claim_calls(${atMost}, ${argument})`,
      predict: ({ rows }) => {
        if (index !== null && campaign === undefined) return { error: 'campaign_is_known' };
        const due = Object.entries(model.contacts).filter(
          ([name, contact]) =>
            (index === null || contact.campaign_id === campaign) && isDue(model, now, name, contact),
        );
        return predictClaim(model, now, due, Math.min(atMost, freeSlots(model)), rows);
      },
    };
  },
);

function predictClaim(
  model: Model,
  now: number,
  due: readonly [string, Contact][],
  limit: number,
  rows: readonly ResultRow[],
): Prediction {
  const claimed = rows.flatMap((row) => {
    const found = due.find(([name]) => name === row.contact_id);
    return found === undefined ? [] : [{ call: String(row.attempt_id), contact: found[0], row: found[1] }];
  });
  const problem = findProblem(model, due, limit, claimed);
  const calls = claimed.map(({ call, contact, row }) =>
    insertRow('call_attempts', call, {
      ...newCall(contact, row, row.attempts_count + 1, now),
      metadata: '{}',
    }),
  );
  const contacts = claimed.map(({ contact, row }) =>
    updateRow('contacts', contact, {
      state: 'in_progress',
      attempts_count: row.attempts_count + 1,
      last_attempt_at: now,
    }),
  );
  return {
    problem: claimed.length === rows.length ? problem : 'a contact was claimed that is not due',
    rows: claimed.map(({ call, contact, row }) => ({
      attempt_id: call,
      contact_id: contact,
      campaign_id: row.campaign_id,
      attempt_number: row.attempts_count + 1,
      phone_number: row.phone_number,
      language:
        row.preferred_language === 'auto'
          ? model.campaigns[row.campaign_id]?.language
          : row.preferred_language,
      outbound_number: '+4930000000',
    })),
    statements: claimed.length === 0 ? [] : [[...contacts, ...calls]],
  };
}

interface Claimed {
  readonly contact: string;
  readonly row: Contact;
}

/** What is wrong with the choice of contacts; null if nothing is. */
function findProblem(
  model: Model,
  due: readonly [string, Contact][],
  limit: number,
  claimed: readonly Claimed[],
): string | null {
  const numbers = new Set(claimed.map(({ row }) => row.phone_number));
  if (numbers.size < claimed.length) return 'a number was claimed twice';
  const dueNumbers = new Set(due.map(([, { phone_number }]) => phone_number));
  const expected = Math.min(limit, dueNumbers.size);
  if (claimed.length !== expected) return `${claimed.length} calls were claimed and not ${expected}`;
  const campaigns = new Set(
    Object.keys(model.campaigns).filter((name) => due.some(([, contact]) => contact.campaign_id === name)),
  );
  for (const campaign of campaigns) {
    const own = claimed.filter(({ row }) => row.campaign_id === campaign);
    const left = due.filter(
      ([, contact]) => contact.campaign_id === campaign && !numbers.has(contact.phone_number),
    );
    if (left.length > 0 && own.length < Math.floor(limit / campaigns.size)) {
      return `campaign ${campaign} got less than its share`;
    }
    const first = Math.min(...left.map(([, contact]) => waitingSince(contact)));
    if (own.some(({ row }) => waitingSince(row) > first)) {
      return `in campaign ${campaign}, a contact that waits longer was not claimed`;
    }
  }
  return null;
}

/** First attempts come before retries, and then those that have waited longest. */
const waitingSince = ({ attempts_count, last_attempt_at }: Contact): number =>
  attempts_count === 0 ? Number.NEGATIVE_INFINITY : Number(last_attempt_at);
