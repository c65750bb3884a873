import { randomUUID } from 'node:crypto';
import { editFunction } from './protections.js';
import { countingCalls, findLateClaim, type Race } from './race.js';
import { claim, execute, importNumbers } from './scripts.js';
import type { TransactionScript } from './sessions.js';

/** Races for campaigns, their contact lists and the configuration: rules 3, 9, 10 and 13. */
export const CAMPAIGN_RACES: Readonly<Record<string, Race>> = {
  'pausing or ending a campaign races with claims': {
    protections: {
      "the lock of the campaign's row": editFunction(
        'check_call_may_start',
        '(from public.campaigns\\s+where id = new.campaign_id)\\s+for no key update',
        '\\1',
      ),
    },
    prepare: async (fixtures) => {
      const { random, createCampaign } = fixtures;
      const { id, contacts } = await createCampaign({ contacts: 4 });
      const status = random.pick(['paused', 'completed', 'cancelled']);
      const changeStatus = countingCalls(
        id,
        execute('update campaigns set status = $2 where id = $1', id, status),
      );
      return {
        transactions: [changeStatus, ...contacts.map((contact) => claim(contact, random))],
        findViolation: findLateClaim(fixtures, id),
      };
    },
  },
  'a change of the calling days of a paused campaign races with its resumption and with claims': {
    protections: {
      "the settings' lock of the campaign's row": editFunction(
        'check_calling_time',
        'order by id\\s+for no key update',
      ),
    },
    prepare: async ({ random, createCampaign, execute: query }) => {
      const { id, contacts } = await createCampaign({ contacts: 3 });
      await query("update campaigns set status = 'paused' where id = $1", [id]);
      const today = await query("select extract(isodow from now() at time zone 'UTC')::integer", []);
      const otherDays = [1, 2, 3, 4, 5, 6, 7].filter((day) => day !== Number(today));
      const setDays = execute(
        'insert into voicesurvey.campaign_settings (campaign_id, calling_days) values ($1, $2::integer[])',
        id,
        `{${otherDays.join(',')}}`,
      );
      const resume = execute("update campaigns set status = 'running' where id = $1", id);
      return {
        transactions: [setDays, resume, ...contacts.map((contact) => claim(contact, random))],
        // The days are set while the campaign is paused, so every later call would start on a wrong day.
        findViolation: async () => {
          const calls = await query(
            `select count(*) || ' calls on a wrong day' from call_attempts
               join voicesurvey.campaign_settings using (campaign_id) where campaign_id = $1 having count(*) > 0`,
            [id],
          );
          return calls === null || calls === undefined ? null : String(calls);
        },
      };
    },
  },
  'imports of one list race with each other': {
    protections: { 'the unique index': 'drop index a_campaign_lists_a_number_once' },
    prepare: async ({ createCampaign, createPhone }) => {
      const { id } = await createCampaign();
      const importList = importNumbers(id, [createPhone(), createPhone()]);
      return { transactions: [importList, importList, importList] };
    },
  },
  'starts of a campaign race with its cancellation and a change of its questions': {
    protections: {
      'the fixed questions':
        'drop trigger questions_and_max_attempts_are_fixed_from_the_first_start on campaigns',
      'the order of statuses': 'drop trigger a_campaign_changes_status_in_order on campaigns',
    },
    prepare: async ({ random, createCampaign, execute: query }) => {
      const { id, first } = await createCampaign({ status: 'draft' });
      const start = execute("update campaigns set status = 'running' where id = $1", id);
      return {
        transactions: [
          start,
          start,
          execute("update campaigns set status = 'cancelled' where id = $1", id),
          execute("update campaigns set question_1_text = 'Other?' where id = $1", id),
          claim(first, random),
        ],
        findViolation: async () => {
          const violations = await query(
            `select string_agg(old_status || ' became ' || new_status, ', ') from campaign_changes where campaign = $1
               and (old_status in ('completed', 'cancelled') and old_status <> new_status
                 or old_status not in ('draft', 'scheduled') and question_changed)`,
            [id],
          );
          return violations === null ? null : String(violations);
        },
      };
    },
  },
  'inserts of a provider configuration race with each other': {
    protections: { 'the unique index': 'drop index there_is_one_provider_configuration' },
    prepare: async ({ execute: query }) => {
      await query('delete from provider_configs');
      const configure = (): TransactionScript =>
        execute(
          "insert into provider_configs (id, outbound_number, max_concurrent_calls) values ($1, '+4930000000', 100000)",
          randomUUID(),
        );
      return { transactions: [configure(), configure()] };
    },
  },
};
