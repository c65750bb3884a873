import { DROP_MUTEXES, editFunction } from './protections.js';
import { countingCalls, findLateClaim, type Race } from './race.js';
import { claim, execute } from './scripts.js';
import type { TransactionResult, TransactionScript } from './sessions.js';

const claimCalls = (campaign: string, atMost: number): TransactionScript =>
  execute('select * from voicesurvey.claim_calls($2, $1)', campaign, atMost);

/** Finds a claim through the API that was refused: it must return what it may claim, or nothing. */
const findRefusal = (results: readonly TransactionResult[]): string | null => {
  const refused = results.find(({ refusal }) => refusal !== null);
  return refused === undefined ? null : `a claim was refused: ${refused.refusal}`;
};

/** Races of claims through the API: rules 1 to 4. A claim is never refused. */
export const CLAIM_RACES: Readonly<Record<string, Race>> = {
  'claims through the API race with each other, with claims of a service and with a pause': {
    // Several locks protect each contact: without one of them, the claims deadlock and are retried.
    protections: {},
    prepare: async (fixtures) => {
      const { random, createCampaign } = fixtures;
      const { id, contacts } = await createCampaign({ contacts: 6 });
      const pause = countingCalls(id, execute("update campaigns set status = 'paused' where id = $1", id));
      const services = contacts.slice(0, 3).map((contact) => claim(contact, random));
      const claims = [claimCalls(id, 2), claimCalls(id, 3), claimCalls(id, 1)];
      return {
        transactions: [...(random.next() < 0.5 ? [pause] : [claimCalls(id, 1)]), ...claims, ...services],
        findViolation: async (results) =>
          findRefusal(results.slice(1, 1 + claims.length)) ??
          (results[0]?.valueAfterCommit === null ? null : await findLateClaim(fixtures, id)(results)),
      };
    },
  },
  'claims through the API race with an exclusion, with do_not_call and with an erasure': {
    protections: {
      'the lock of the contacts': editFunction('lock_contacts_to_call', 'for no key update skip locked'),
    },
    prepare: async ({ createCampaign }) => {
      const { id, contacts } = await createCampaign({ contacts: 5 });
      const [first, second, third] = contacts;
      const claims = [claimCalls(id, 3), claimCalls(id, 3)];
      return {
        transactions: [
          ...claims,
          execute('insert into exclusion_list_entries (phone_number) values ($1)', first?.phone),
          execute('update contacts set do_not_call = true where id = $1', second?.id),
          execute('delete from contacts where id = $1', third?.id),
        ],
        findViolation: async (results) => findRefusal(results.slice(0, claims.length)),
      };
    },
  },
  'claims through the API race in two campaigns that list the same numbers': {
    protections: { 'mutex row 0': DROP_MUTEXES },
    prepare: async ({ random, createCampaign, createPhone }) => {
      const phone = createPhone();
      const one = await createCampaign({ phone, contacts: 1 });
      const two = await createCampaign({ phone, contacts: 1 });
      const claims = [claimCalls(one.id, 2), claimCalls(two.id, 2), claimCalls(one.id, 2)];
      return {
        transactions: [...claims, ...(random.next() < 0.3 ? [claim(one.first, random)] : [])],
        findViolation: async (results) => findRefusal(results.slice(0, claims.length)),
      };
    },
  },
};
