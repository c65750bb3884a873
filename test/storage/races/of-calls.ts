import { claim, finish, only } from './field.js';
import { CALLS, cut, lateClaim, NO_ORDER, type Race } from './race.js';
import type { Turn } from './sessions.js';

/** Races for calls and their ends: rules 2, 4, 5, 6, 7 and 10. */
export const RACES_OF_CALLS: Readonly<Record<string, Race>> = {
  'claims of one contact': {
    without: {
      'two indexes': 'drop index a_contact_has_one_open_call; drop index an_attempt_number_is_used_once',
    },
    start: async ({ random, campaign }) => {
      const { first } = await campaign();
      return { turns: Array.from({ length: 2 + random.below(7) }, () => claim(first, random)) };
    },
  },
  'finish against the same webhook repeated': {
    without: { 'an index': 'drop index an_end_is_told_once' },
    start: async ({ random, called }) => {
      const person = await called();
      const outcome = random.pick(['completed', 'refused']);
      const at = new Date();
      return {
        turns: Array.from({ length: 2 + random.below(3) }, () => finish(person, outcome, random, at)),
      };
    },
  },
  'finish against another finish': {
    without: {
      'what is final': `drop trigger what_happened_in_a_call_stays on call_attempts; ${NO_ORDER}`,
    },
    start: async ({ random, called }) => {
      const person = await called();
      return { turns: ['completed', 'refused', 'failed'].map((outcome) => finish(person, outcome, random)) };
    },
  },
  'claims against the limit': {
    without: {
      'the turn of claims': cut(
        'check_new_call',
        'update voicesurvey_rules.mutex_rows[^;]*;\\s*if not found then[^;]*;\\s*end if;',
      ),
    },
    start: async ({ random, campaign, write }) => {
      const { people } = await campaign({ contacts: 8 });
      await write(
        'update provider_configs set max_concurrent_calls = 2 + (select count(*) from call_attempts where ended_at is null)',
      );
      return {
        turns: people.map((person) => claim(person, random)),
        judge: async () =>
          (await write(
            'select max_concurrent_calls < (select count(*) from call_attempts where ended_at is null) from provider_configs',
          ))
            ? 'more calls than the provider takes'
            : null,
        after: () => write('update provider_configs set max_concurrent_calls = 100000'),
      };
    },
  },
  'a lowered limit against claims': {
    without: {
      'the turn of claims for who changes the limit':
        'drop trigger claims_wait_for_a_change_of_their_limit on provider_configs',
    },
    start: async (field) => {
      const { id, people } = await field.campaign({ contacts: 4 });
      const others = await field.write('select count(*) from call_attempts where ended_at is null');
      const lower: Turn = {
        steps: [['update provider_configs set max_concurrent_calls = 1 + $1', [others]]],
        afterwards: [CALLS, [id]],
      };
      return {
        turns: [lower, ...people.map((person) => claim(person, field.random))],
        judge: async (ends) => {
          const late = await lateClaim(field, id)(ends);
          return Number(await field.write(CALLS, [id])) > 1 ? late : null;
        },
        after: () => field.write('update provider_configs set max_concurrent_calls = 100000'),
      };
    },
  },
  'erasure against finish': {
    without: {
      'foreign keys': `alter table events drop constraint event_belongs_to_a_contact;
        alter table survey_responses drop constraint response_belongs_to_a_contact`,
    },
    start: async ({ random, called }) => {
      const person = await called();
      return {
        turns: [
          finish(person, 'completed', random),
          only('delete from contacts where phone_number = $1', person.phone),
        ],
      };
    },
  },
};
