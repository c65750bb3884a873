import { DROP_STATE_ORDER, editFunction, type Race } from './race.js';
import {
  changeNumber,
  claim,
  eraseCall,
  eraseContact,
  excludeByHand,
  execute,
  finish,
  importNumbers,
  listNumbers,
  returnContact,
  setDoNotCall,
} from './scripts.js';

const DROP_MUTEXES =
  "create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[]) returns void language sql as 'select'";
const REPLACE_MUTEXES_BY_ADVISORY_LOCKS = `create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[]) returns void language plpgsql as
  'begin perform pg_advisory_xact_lock(id) from (select distinct unnest(ids) as id order by 1) as mutex; end'`;

/** Races with a number that is listed or a contact that must not be called: rules 1, 10 and 12. */
export const EXCLUSION_RACES: Readonly<Record<string, Race>> = {
  'listing a number races with claims of its contact': {
    protections: {
      'the exclusion of contacts in progress': editFunction(
        'exclude_listed_contacts',
        "state not in \\(''completed'', ''refused'', ''excluded''\\)",
        "state = ''pending''",
      ),
      'the exclusion of contacts':
        'drop trigger a_listed_number_excludes_its_contacts on exclusion_list_entries',
    },
    prepare: async ({ random, createCampaign }) => {
      const { first } = await createCampaign();
      return { transactions: [claim(first, random), listNumbers(first.phone), claim(first, random)] };
    },
  },
  'listing a number races with the end of its call': {
    protections: { 'the order of states': DROP_STATE_ORDER },
    prepare: async ({ random, createCalledContact }) => {
      const contact = await createCalledContact();
      const transactions = [
        finish(contact, random.pick(['failed', 'completed']), random),
        listNumbers(contact.phone),
      ];
      // Setting do_not_call repairs what the others leave, so half of the rounds do without it.
      if (random.below(2) === 0) transactions.push(setDoNotCall(contact));
      return { transactions };
    },
  },
  'listing numbers races with their import': {
    protections: {
      'mutex rows': DROP_MUTEXES,
      'mutex rows, with advisory locks in their place': REPLACE_MUTEXES_BY_ADVISORY_LOCKS,
    },
    prepare: async ({ random, createCampaign, createPhone }) => {
      const { id } = await createCampaign();
      const phones = [createPhone(), createPhone(), createPhone()];
      return {
        transactions: [
          importNumbers(id, phones),
          listNumbers(...random.shuffle(phones)),
          listNumbers(...phones.slice(1)),
          importNumbers(id, random.shuffle(phones)),
        ],
      };
    },
  },
  'listing a number races with a contact that changes to it': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: async ({ createCampaign, createPhone }) => {
      const { first } = await createCampaign();
      const phone = createPhone();
      return { transactions: [changeNumber(first, phone), listNumbers(phone)] };
    },
  },
  'an entry that changes to a number races with its import': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: async ({ createCampaign, createPhone, commit }) => {
      const { id } = await createCampaign();
      const [from, to] = [createPhone(), createPhone()];
      await commit(listNumbers(from));
      return {
        transactions: [
          execute('update exclusion_list_entries set phone_number = $2 where phone_number = $1', from, to),
          importNumbers(id, [to]),
        ],
      };
    },
  },
  'listing a number races with the return of its excluded contact': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: async ({ createCampaign, commit }) => {
      const { first } = await createCampaign();
      await commit(excludeByHand(first));
      return { transactions: [returnContact(first), listNumbers(first.phone)] };
    },
  },
  'erasing the latest call of an excluded contact races with the return of the contact': {
    protections: {
      "the erasure's lock on the contact": editFunction('check_latest_call_is_retained', 'for share'),
      "the return's lock on the call": editFunction('check_exclusion_end', 'for key share'),
    },
    prepare: async ({ random, createCalledContact, commit, execute: query }) => {
      const contact = await createCalledContact();
      await commit(finish(contact, 'failed', random));
      await commit(excludeByHand(contact));
      return {
        transactions: [eraseCall(contact), returnContact(contact)],
        findViolation: async () => {
          const lost = await query(
            `select count(*) from contacts where id = $1 and state = 'pending'
               and not exists (select from call_attempts where contact_id = contacts.id)`,
            [contact.id],
          );
          await commit(eraseContact(contact));
          return lost === '0' ? null : 'a pending contact has lost its latest call';
        },
      };
    },
  },
  'erasing a contact races with its do_not_call': {
    protections: {
      "the listing of an erased contact's number": 'drop trigger an_erased_number_stays_excluded on contacts',
    },
    prepare: async ({ createCampaign, execute: query }) => {
      const { first } = await createCampaign();
      return {
        transactions: [setDoNotCall(first), eraseContact(first)],
        findViolation: async ([wish]) => {
          const listed = await query('select count(*) from exclusion_list_entries where phone_number = $1', [
            first.phone,
          ]);
          return wish?.rowCounts[0] === 1 && listed === '0'
            ? 'do_not_call was committed, and the number of the erased contact is not listed'
            : null;
        },
      };
    },
  },
};
