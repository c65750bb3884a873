import { DROP_CLAIM_MUTEX, DROP_STATE_ORDER, editFunction } from './protections.js';
import { COUNT_CALLS, countingCalls, findLateClaim, type Race } from './race.js';
import { changeNumber, claim, eraseContact, finish, execute as script } from './scripts.js';

/** Races between the starts and ends of calls: rules 2, 4, 5, 6, 7 and 10. */
export const CALL_RACES: Readonly<Record<string, Race>> = {
  'claims of one contact race with each other': {
    protections: {
      'the two unique indexes':
        'drop index a_contact_has_one_open_call; drop index an_attempt_number_is_used_once',
    },
    prepare: async ({ random, createCampaign }) => {
      const { first } = await createCampaign();
      return { transactions: Array.from({ length: 2 + random.below(7) }, () => claim(first, random)) };
    },
  },
  'the end of a call races with the same webhook repeated': {
    protections: { 'the unique index': 'drop index an_outcome_is_published_once' },
    prepare: async ({ random, createCalledContact }) => {
      const contact = await createCalledContact();
      const outcome = random.pick(['completed', 'refused']);
      const at = new Date();
      return {
        transactions: Array.from({ length: 2 + random.below(3) }, () => finish(contact, outcome, random, at)),
      };
    },
  },
  'the end of a call races with other outcomes of it': {
    protections: {
      'the finality of outcomes and states': `drop trigger answer_end_and_outcome_of_a_call_are_final on call_attempts; ${DROP_STATE_ORDER}`,
    },
    prepare: async ({ random, createCalledContact }) => {
      const contact = await createCalledContact();
      const outcomes = ['completed', 'refused', 'failed'];
      return { transactions: outcomes.map((outcome) => finish(contact, outcome, random)) };
    },
  },
  'claims race for the last free calls below max_concurrent_calls': {
    protections: { 'the mutex row of claims': DROP_CLAIM_MUTEX },
    prepare: async ({ random, createCampaign, execute }) => {
      const { contacts } = await createCampaign({ contacts: 8 });
      await execute(
        `update provider_configs
         set max_concurrent_calls = 2 + (select count(*) from call_attempts where ended_at is null)`,
      );
      return {
        transactions: contacts.map((contact) => claim(contact, random)),
        findViolation: async () =>
          (await execute(
            `select max_concurrent_calls < (select count(*) from call_attempts where ended_at is null)
             from provider_configs`,
          ))
            ? 'more open calls than max_concurrent_calls'
            : null,
        cleanUp: () => execute('update provider_configs set max_concurrent_calls = 100000'),
      };
    },
  },
  'a lower max_concurrent_calls races with claims': {
    protections: {
      'the mutex row of claims for a change of the limit':
        'drop trigger claims_wait_while_their_limit_changes on provider_configs',
    },
    prepare: async (fixtures) => {
      const { random, createCampaign, execute } = fixtures;
      const { id, contacts } = await createCampaign({ contacts: 4 });
      const others = await execute('select count(*) from call_attempts where ended_at is null');
      const lowerLimit = countingCalls(
        id,
        script('update provider_configs set max_concurrent_calls = 1 + $1', others),
      );
      return {
        transactions: [lowerLimit, ...contacts.map((contact) => claim(contact, random))],
        findViolation: async (results) => {
          const lateClaim = await findLateClaim(fixtures, id)(results);
          return Number(await execute(COUNT_CALLS, [id])) > 1 ? lateClaim : null;
        },
        cleanUp: () => execute('update provider_configs set max_concurrent_calls = 100000'),
      };
    },
  },
  'claims of one number race with each other in two campaigns': {
    protections: { 'the mutex row of claims': DROP_CLAIM_MUTEX },
    prepare: async ({ random, createCampaign, createPhone }) => {
      const phone = createPhone();
      const [one, two] = [await createCampaign({ phone }), await createCampaign({ phone })];
      return { transactions: [claim(one.first, random), claim(two.first, random)] };
    },
  },
  'changing the number of a contact in a call races with a claim of that number': {
    protections: {
      'the mutex row of claims for a change of number': editFunction(
        'check_changed_number',
        'perform voicesurvey_rules.lock_mutex_rows[^;]*;',
      ),
    },
    prepare: async ({ random, createCalledContact, createCampaign }) => {
      const contact = await createCalledContact();
      const { first } = await createCampaign();
      return { transactions: [changeNumber(contact, first.phone), claim(first, random)] };
    },
  },
  'changing the number of a contact races with a claim of it and a claim of that number': {
    protections: { 'the mutex row of claims': DROP_CLAIM_MUTEX },
    prepare: async ({ random, createCampaign }) => {
      const [one, two] = [await createCampaign(), await createCampaign()];
      return {
        transactions: [
          changeNumber(one.first, two.first.phone),
          claim(one.first, random),
          claim(two.first, random),
        ],
      };
    },
  },
  'erasing a contact races with the end of its call': {
    protections: {
      'the foreign keys': `alter table events drop constraint event_belongs_to_a_contact;
        alter table survey_responses drop constraint response_belongs_to_a_contact`,
    },
    prepare: async ({ random, createCalledContact }) => {
      const contact = await createCalledContact();
      return { transactions: [finish(contact, 'completed', random), eraseContact(contact)] };
    },
  },
};
