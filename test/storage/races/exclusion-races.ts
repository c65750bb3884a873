import type { Fixtures } from './fixtures.js';
import {
  DROP_CHECK_OF_CHANGED_NUMBER,
  DROP_LISTING_OF_OLD_NUMBER,
  DROP_MUTEXES,
  DROP_RETURN_MUTEX,
  DROP_STATE_ORDER,
  editCheckOfChangedNumber,
  editFunction,
} from './protections.js';
import { countingCalls, findLateClaim, type Race, type Round } from './race.js';
import {
  type CalledContact,
  changeNumber,
  claim,
  copyNumbers,
  eraseCall,
  eraseContact,
  execute,
  finish,
  importNumbers,
  listNumbers,
  mergeNumbers,
  returnContact,
  setDoNotCall,
} from './scripts.js';
import type { TransactionScript } from './sessions.js';

const REPLACE_MUTEXES_BY_ADVISORY_LOCKS = `create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[]) returns void language plpgsql as
  'begin perform pg_advisory_xact_lock(id) from (select distinct unnest(ids) as id order by 1) as mutex; end'`;

async function prepareImports(
  { random, createCampaign, createPhone }: Fixtures,
  importScript: typeof importNumbers,
): Promise<Round> {
  const { id } = await createCampaign();
  const phones = [createPhone(), createPhone(), createPhone()];
  return {
    transactions: [
      importScript(id, phones),
      listNumbers(...random.shuffle(phones)),
      listNumbers(...phones.slice(1)),
      importScript(id, random.shuffle(phones)),
    ],
  };
}

/** An excluded contact loses its number while another campaign imports it. */
async function prepareLossOfNumber(
  { createCampaign }: Pick<Fixtures, 'createCampaign'>,
  createContact: () => Promise<CalledContact>,
  lose: (contact: CalledContact) => TransactionScript,
): Promise<Round> {
  const contact = await createContact();
  const { id } = await createCampaign();
  return { transactions: [lose(contact), importNumbers(id, [contact.phone])] };
}

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
    prepare: async (fixtures) => {
      const { random, createCampaign } = fixtures;
      const { id, first } = await createCampaign();
      return {
        transactions: [
          countingCalls(id, listNumbers(first.phone)),
          claim(first, random),
          claim(first, random),
        ],
        findViolation: findLateClaim(fixtures, id),
      };
    },
  },
  'listing a number races with the end of its call': {
    protections: {
      'the order of states and the check of returns': `${DROP_STATE_ORDER};
        drop trigger an_exclusion_ends_only_when_its_cause_is_removed on contacts`,
    },
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
    prepare: (fixtures) => prepareImports(fixtures, importNumbers),
  },
  'listing numbers races with their import by MERGE': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: (fixtures) => prepareImports(fixtures, mergeNumbers),
  },
  'listing numbers races with their import by COPY': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: (fixtures) => prepareImports(fixtures, copyNumbers),
  },
  'listing a number races with a contact that changes to it': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: async ({ createCampaign, createPhone }) => {
      const { first } = await createCampaign();
      const phone = createPhone();
      return { transactions: [changeNumber(first, phone), listNumbers(phone)] };
    },
  },
  'listing a number races with a claim whose contact changes to it after an early check': {
    protections: {
      'the check of the changed number': DROP_CHECK_OF_CHANGED_NUMBER,
      'the check of entries that are younger than the transaction':
        editCheckOfChangedNumber('entry.created_at < now()'),
    },
    prepare: async (fixtures) => {
      const { random, createCampaign, createPhone } = fixtures;
      const { id, first } = await createCampaign();
      const phone = createPhone();
      return {
        transactions: [
          countingCalls(id, listNumbers(phone)),
          {
            statements: [
              ...claim(first, random).statements,
              ['set constraints all immediate'],
              ...changeNumber(first, phone).statements,
            ],
          },
        ],
        findViolation: findLateClaim(fixtures, id),
      };
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
  'erasing a contact races with its do_not_call': {
    protections: {
      "the listing of an erased contact's number": 'drop trigger an_erased_number_stays_excluded on contacts',
    },
    prepare: async ({ createCampaign, execute: query }) => {
      const { first } = await createCampaign();
      return {
        transactions: [setDoNotCall(first), eraseContact(first)],
        findViolation: async ([setting]) => {
          const listed = await query('select count(*) from exclusion_list_entries where phone_number = $1', [
            first.phone,
          ]);
          return setting?.rowCounts[0] === 1 && listed === '0'
            ? 'do_not_call was committed, and the number of the erased contact is not listed'
            : null;
        },
      };
    },
  },
  'changing the number of a contact races with its do_not_call': {
    protections: { 'the listing of the old number': DROP_LISTING_OF_OLD_NUMBER },
    prepare: async ({ createCampaign, createPhone, execute: query }) => {
      const { first } = await createCampaign();
      return {
        transactions: [
          {
            ...setDoNotCall(first),
            afterCommit: ['select phone_number from contacts where id = $1', [first.id]],
          },
          changeNumber(first, createPhone()),
        ],
        findViolation: async ([setting]) => {
          const listed = await query('select count(*) from exclusion_list_entries where phone_number = $1', [
            first.phone,
          ]);
          return setting?.valueAfterCommit === first.phone && listed === '0'
            ? 'the number changed after do_not_call was committed, and the old number is not listed'
            : null;
        },
      };
    },
  },
  'changing the number of an excluded contact races with the import of the old number': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: ({ createExcludedContact, ...fixtures }) =>
      prepareLossOfNumber(fixtures, createExcludedContact, (contact) =>
        changeNumber(contact, fixtures.createPhone()),
      ),
  },
  'changing the number of an excluded contact to one that is listed races with imports of both': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: async ({ createExcludedContact, createCampaign, createPhone, random }) => {
      const contact = await createExcludedContact();
      const { id } = await createCampaign();
      const phone = createPhone();
      return {
        transactions: [
          changeNumber(contact, phone),
          listNumbers(phone),
          importNumbers(id, random.shuffle([contact.phone, phone])),
        ],
      };
    },
  },
  'excluding a contact and changing its number races with the import of the old number': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: ({ createCalledContact, ...fixtures }) =>
      prepareLossOfNumber(fixtures, createCalledContact, ({ id }) =>
        execute(
          'update contacts set do_not_call = true, phone_number = $2 where id = $1',
          id,
          fixtures.createPhone(),
        ),
      ),
  },
  'changing the number of an excluded contact races with a claim of the old number': {
    protections: {
      'the exclusion of contacts':
        'drop trigger a_listed_number_excludes_its_contacts on exclusion_list_entries',
    },
    prepare: async (fixtures) => {
      const { createCampaign, createExcludedContact, createPhone, random } = fixtures;
      const excluded = await createExcludedContact();
      const { id, first } = await createCampaign({ phone: excluded.phone });
      return {
        transactions: [
          countingCalls(id, changeNumber(excluded, createPhone())),
          claim(first, random),
          claim(first, random),
        ],
        findViolation: findLateClaim(fixtures, id),
      };
    },
  },
  'erasing an excluded contact races with the import of its number': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: ({ createExcludedContact, ...fixtures }) =>
      prepareLossOfNumber(fixtures, createExcludedContact, eraseContact),
  },
  'returning an excluded contact races with listing its number': {
    protections: { 'the mutex row of the number': DROP_RETURN_MUTEX },
    prepare: async ({ createExcludedContact }) => {
      const contact = await createExcludedContact();
      return { transactions: [returnContact(contact), listNumbers(contact.phone)] };
    },
  },
  'returning an excluded contact races with its do_not_call': {
    protections: {
      'the checks of do_not_call': `drop trigger an_exclusion_ends_only_when_its_cause_is_removed on contacts;
        alter table contacts drop constraint a_contact_with_do_not_call_is_never_dialled`,
    },
    prepare: async ({ createExcludedContact }) => {
      const contact = await createExcludedContact();
      return { transactions: [returnContact(contact), setDoNotCall(contact)] };
    },
  },
  'returning an excluded contact races with the erasure of its latest call': {
    protections: {
      "the erasure's lock on the contact": editFunction('check_latest_call_is_retained', 'for share'),
      "the return's lock on the call": editFunction('check_exclusion_end', 'for key share'),
    },
    prepare: async ({ createExcludedContact, execute: query }) => {
      const contact = await createExcludedContact();
      return {
        transactions: [returnContact(contact), eraseCall(contact)],
        // A contact that stays excluded may lose its call, which the invariants would report.
        cleanUp: () =>
          query(
            `delete from contacts where id = $1 and state = 'excluded'
               and not exists (select from call_attempts where contact_id = $1)`,
            [contact.id],
          ),
      };
    },
  },
};
