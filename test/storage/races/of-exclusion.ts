import { claim, exclude, finish, only } from './field.js';
import { cut, NO_ORDER, type Race } from './race.js';
import type { Turn } from './sessions.js';

const NO_TURNS =
  "create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[]) returns void language sql as 'select'";
const ADVISORY = `create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[]) returns void language plpgsql as
  'begin perform pg_advisory_xact_lock(id) from (select distinct unnest(ids) as id order by 1) as turn; end'`;

/** Races for rule 1: who is on the list, or asked not to be called. */
export const RACES_OF_EXCLUSION: Readonly<Record<string, Race>> = {
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
  'finish against exclusion': {
    without: { 'the order of states': NO_ORDER },
    start: async ({ random, called }) => {
      const person = await called();
      const turns = [finish(person, random.pick(['failed', 'completed']), random), exclude(person.phone)];
      // A wish puts right what the others have left behind.
      if (random.below(2) === 0)
        turns.push(only('update contacts set do_not_call = true where id = $1', person.id));
      return { turns };
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
};
