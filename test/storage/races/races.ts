import { randomUUID } from 'node:crypto';
import { claim, exclude, type Field, finish, only } from './field.js';
import type { End, Turn } from './sessions.js';

/** Sessions that would break a rule if it were checked naively. */
export interface Race {
  /** Sets the field, and says what each session does, and what must be true of their ends. */
  start(field: Field): Promise<Heat>;
  /** Statements that take a protection out; without it a violation must be seen. */
  readonly without: Readonly<Record<string, string>>;
}

/** One round. */
export interface Heat {
  readonly turns: readonly Turn[];
  /** What the ends must not be, besides what `forbidden.ts` finds; null where all is well. */
  judge?(ends: readonly End[]): Promise<string | null>;
  /** Puts the field in order for the next. */
  after?(): Promise<unknown>;
}

/** Takes a piece of its source out of a function. */
const cut = (name: string, pattern: string, replacement = ''): string => `do $cut$
declare
  source text := pg_get_functiondef('public.${name}'::regproc);
  changed text := regexp_replace(source, '${pattern}', '${replacement}', 'g');
begin
  if changed = source then raise exception 'nothing to cut in ${name}'; end if;
  execute changed;
end $cut$`;

const NO_TURNS =
  "create or replace function public.take_turns(ids integer[]) returns void language sql as 'select'";
const ADVISORY = `create or replace function public.take_turns(ids integer[]) returns void language plpgsql as
  'begin perform pg_advisory_xact_lock(id) from (select distinct unnest(ids) as id order by 1) as turn; end'`;
const NO_ORDER = 'drop trigger a_contact_goes_through_its_life_in_order on contacts';

/** A claim that commits after another session was told that its change has committed. */
const lateClaim =
  (field: Field, id: string) =>
  async (ends: readonly End[]): Promise<string | null> => {
    const [first] = ends;
    if (first === undefined || first.refusal !== null) return null;
    const now = await field.write(CALLS, [id]);
    return Number(now) > Number(first.afterwards)
      ? `${now} calls, and ${first.afterwards} when it was committed`
      : null;
  };
const CALLS = 'select count(*) from call_attempts where campaign_id = $1';

export const RACES: Readonly<Record<string, Race>> = {
  'exclusion against claim': {
    without: {
      'an exclusion that looks again behind its wait': cut(
        'exclude_listed_contacts',
        "state not in \\(''completed'', ''refused'', ''excluded''\\)",
        "state = ''pending''",
      ),
      'an exclusion of contacts':
        'drop trigger a_listed_number_excludes_its_contacts on exclusion_list_entries',
    },
    start: async ({ random, campaign }) => {
      const { first } = await campaign();
      return { turns: [claim(first, random), exclude(first.phone), claim(first, random)] };
    },
  },
  'claims of one contact': {
    without: {
      'two indexes': 'drop index a_contact_has_one_open_call; drop index an_attempt_number_is_used_once',
    },
    start: async ({ random, campaign }) => {
      const { first } = await campaign();
      return { turns: Array.from({ length: 2 + random.below(4) }, () => claim(first, random)) };
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
  'finish against exclusion': {
    without: { 'the order of states': NO_ORDER },
    start: async ({ random, called }) => {
      const person = await called();
      return {
        turns: [
          finish(person, random.pick(['failed', 'completed']), random),
          exclude(person.phone),
          only('update contacts set do_not_call = true where id = $1', person.id),
        ],
      };
    },
  },
  'pause against claims': {
    without: { "the campaign's lock": cut('check_call_may_start', 'for share of campaign') },
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
  'import against exclusion': {
    without: { turns: NO_TURNS, 'turns that are written, for advisory locks': ADVISORY },
    start: async ({ random, campaign, phone }) => {
      const { id } = await campaign();
      const phones = [phone(), phone(), phone()];
      const bring = (list: string[]): Turn =>
        only(
          'insert into contacts (campaign_id, phone_number) select $1, unnest($2::text[]) on conflict do nothing',
          id,
          list,
        );
      const list = (numbers: string[]): Turn =>
        only(
          'insert into exclusion_list_entries (phone_number) select unnest($1::text[]) on conflict do nothing',
          numbers,
        );
      return {
        turns: [
          bring(phones),
          list(random.shuffle(phones)),
          list(phones.slice(1)),
          bring(random.shuffle(phones)),
        ],
      };
    },
  },
  'change of number against exclusion': {
    without: { turns: NO_TURNS },
    start: async ({ campaign, phone }) => {
      const { first } = await campaign();
      const number = phone();
      return {
        turns: [
          only('update contacts set phone_number = $2 where id = $1', first.id, number),
          exclude(number),
        ],
      };
    },
  },
  'change of an entry against import': {
    without: { turns: NO_TURNS },
    start: async ({ campaign, phone, write }) => {
      const { id } = await campaign();
      const [was, will] = [phone(), phone()];
      await write('insert into exclusion_list_entries (phone_number) values ($1)', [was]);
      return {
        turns: [
          only('update exclusion_list_entries set phone_number = $2 where phone_number = $1', was, will),
          only('insert into contacts (campaign_id, phone_number) values ($1, $2)', id, will),
        ],
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
  'erasure against the wish not to be called': {
    without: {
      'what is kept of who is erased': 'drop trigger who_asked_not_to_be_called_stays_excluded on contacts',
    },
    start: async ({ campaign, write }) => {
      const { first } = await campaign();
      return {
        turns: [
          only('update contacts set do_not_call = true where id = $1', first.id),
          only('delete from contacts where id = $1', first.id),
        ],
        judge: async ([wish]) => {
          const listed = await write('select count(*) from exclusion_list_entries where phone_number = $1', [
            first.phone,
          ]);
          return wish?.written[0] === 1 && listed === '0' ? 'a wish was granted and forgotten' : null;
        },
      };
    },
  },
  'claims against the limit': {
    without: {
      'the turn of claims': cut(
        'check_call_agrees_with_its_contact',
        'insert into voicesurvey_rules.turns[^;]*;',
      ),
    },
    start: async ({ random, campaign, write }) => {
      const { people } = await campaign({ contacts: 6 });
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
    without: { "the provider's lock": cut('check_call_agrees_with_its_contact', 'for share', '') },
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
  "a template's kind against its use by a campaign": {
    without: { "the template's lock": cut('check_templates_of_campaign', 'for share', '') },
    start: async ({ campaign, template }) => {
      const { id } = await campaign();
      const letter = await template('refused');
      return {
        turns: [
          only('update campaigns set email_refused_template_id = $2 where id = $1', id, letter),
          only("update email_templates set type = 'completed' where id = $1", letter),
        ],
      };
    },
  },
  "a template's kind against its use by an e-mail": {
    without: { "the template's lock": cut('check_email', 'for share of template', '') },
    start: async (field) => {
      const person = await field.called();
      await field.write('begin');
      for (const [sql, values] of finish(person, 'refused', field.random).steps)
        await field.write(sql, values);
      await field.write('commit');
      const letter = await field.template('refused');
      return {
        turns: [
          only(
            `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
               select id, contact_id, campaign_id, $2, 'person@example.com' from events where contact_id = $1`,
            person.id,
            letter,
          ),
          only("update email_templates set type = 'completed' where id = $1", letter),
        ],
      };
    },
  },
  'one event against two e-mails': {
    without: { 'an index': 'drop index an_event_sends_one_email' },
    start: async (field) => {
      const person = await field.called();
      await field.write('begin');
      for (const [sql, values] of finish(person, 'refused', field.random).steps)
        await field.write(sql, values);
      await field.write('commit');
      const letter = await field.template('refused');
      const write = only(
        `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
           select id, contact_id, campaign_id, $2, 'person@example.com' from events where contact_id = $1 on conflict do nothing`,
        person.id,
        letter,
      );
      return { turns: [write, write, write] };
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
