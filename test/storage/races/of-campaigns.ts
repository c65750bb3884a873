import { randomUUID } from 'node:crypto';
import { claim, only } from './field.js';
import { CALLS, cut, lateClaim, type Race } from './race.js';
import type { Turn } from './sessions.js';

/** Races for campaigns, their lists and the configuration: rules 3, 9, 10 and 13. */
export const RACES_OF_CAMPAIGNS: Readonly<Record<string, Race>> = {
  'pause against claims': {
    without: { "the campaign's lock": cut('check_call_may_start', 'for share( of campaign)?') },
    start: async (field) => {
      const { id, people } = await field.campaign({ contacts: 4 });
      const status = field.random.pick(['paused', 'completed', 'cancelled']);
      const pause: Turn = {
        steps: [['update campaigns set status = $2 where id = $1', [id, status]]],
        afterwards: [CALLS, [id]],
      };
      return {
        turns: [pause, ...people.map((person) => claim(person, field.random))],
        judge: lateClaim(field, id),
      };
    },
  },
  'two imports of one list': {
    without: { 'an index': 'drop index a_campaign_lists_a_number_once' },
    start: async ({ campaign, phone }) => {
      const { id } = await campaign();
      const phones = [phone(), phone()];
      const bring = only(
        'insert into contacts (campaign_id, phone_number) select $1, unnest($2::text[]) on conflict do nothing',
        id,
        phones,
      );
      return { turns: [bring, bring, bring] };
    },
  },
  'activations of one campaign': {
    without: {
      'what is fixed from the start': 'drop trigger what_is_asked_is_fixed_from_the_first_start on campaigns',
      'the order of its life': 'drop trigger a_campaign_goes_through_its_life_in_order on campaigns',
    },
    start: async ({ random, campaign, write }) => {
      const { id, first } = await campaign({ status: 'draft' });
      const start = only("update campaigns set status = 'running' where id = $1", id);
      return {
        turns: [
          start,
          start,
          only("update campaigns set status = 'cancelled' where id = $1", id),
          only("update campaigns set question_1_text = 'Other?' where id = $1", id),
          claim(first, random),
        ],
        judge: async () => {
          const wrong = await write(
            `select string_agg(was || ' became ' || became, ', ') from audit where campaign = $1
               and (was in ('completed', 'cancelled') and was <> became or was not in ('draft', 'scheduled') and asked_otherwise)`,
            [id],
          );
          return wrong === null ? null : String(wrong);
        },
      };
    },
  },
  'two configurations at once': {
    without: { 'an index': 'drop index there_is_one_provider_configuration' },
    start: async ({ write }) => {
      await write('delete from provider_configs');
      const bring = (id: string): Turn =>
        only(
          "insert into provider_configs (id, outbound_number, max_concurrent_calls) values ($1, '+4930000000', 100000)",
          id,
        );
      return { turns: [bring(randomUUID()), bring(randomUUID())] };
    },
  },
};
