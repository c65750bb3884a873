import { randomUUID } from 'node:crypto';
import type { Fixtures } from './fixtures.js';
import {
  DROP_CHECK_OF_CHANGED_NUMBER,
  DROP_MUTEXES,
  DROP_RETURN_MUTEX,
  editFunction,
} from './protections.js';
import { countingCalls, findLateClaim, type Race, type Round } from './race.js';
import { excludeContact, execute, listNumbers, type RaceContact } from './scripts.js';
import type { TransactionScript } from './sessions.js';

/**
 * Functions that a service might call in a RETURNING clause. A function runs before the AFTER triggers of the statement
 * that calls it.
 */
export const CREATE_FUNCTIONS = `
  create schema services;
  create function services.claim(contact uuid) returns uuid language sql volatile as $$
    update contacts set state = 'in_progress', attempts_count = 1 where id = contact and state = 'pending';
    insert into call_attempts (contact_id, campaign_id, attempt_number, call_id)
      select id, campaign_id, 1, gen_random_uuid() from contacts where id = contact
      returning id
  $$;
  create function services.claim_and_check(contact uuid) returns uuid language plpgsql volatile as $$
    declare
      attempt uuid := services.claim(contact);
    begin
      set constraints all immediate;
      return attempt;
    end
  $$;`;

/** Lets a call that starts stay open to a contact that the same transaction has excluded. */
const DROP_CHECK_AT_COMMIT = editFunction(
  'check_new_call',
  "when contact.state = ''excluded'' then ''never_dial_an_excluded_number''",
  "when contact.state = ''excluded'' then null",
);

/** Lets an import exclude a contact that the same statement has called. */
const DROP_CHECK_OF_IMPORT = editFunction(
  'exclude_imported_contacts',
  'where contact_id = any \\(listed_ids\\)',
  'where false',
);

/** Locks a changed number, and excludes it, only at the end of the statement. */
const LOCK_CHANGED_NUMBER_LATE = `
  ${editFunction(
    'exclude_contact_of_listed_number',
    "new.state := ''excluded''",
    "update public.contacts set state = ''excluded'' where id = new.id",
  )};
  ${editFunction('exclude_contact_of_listed_number', "''BEFORE''", "''AFTER''")};
  drop trigger the_new_number_of_a_contact_is_excluded_if_it_is_listed on contacts;
  create trigger the_new_number_of_a_contact_is_excluded_if_it_is_listed after update of phone_number on contacts
    for each row execute function voicesurvey_rules.exclude_contact_of_listed_number();`;

const IMPORT_PROTECTIONS = {
  'mutex rows': DROP_MUTEXES,
  'the checks of the call by the import and at commit': `${DROP_CHECK_OF_IMPORT}; ${DROP_CHECK_AT_COMMIT}`,
};
const CHANGE_PROTECTIONS = {
  'mutex rows': DROP_MUTEXES,
  'the early lock of the changed number, and the checks of the call and of the number at commit': `
    ${LOCK_CHANGED_NUMBER_LATE} ${DROP_CHECK_AT_COMMIT}; ${DROP_CHECK_OF_CHANGED_NUMBER}`,
};

/** Lists a number while another transaction claims a contact of it. */
async function prepareListing(
  fixtures: Fixtures,
  createClaim: (contact: RaceContact) => TransactionScript,
  { isImported }: { isImported: boolean },
): Promise<Round> {
  const { createCampaign, createPhone } = fixtures;
  const { id: campaign, first } = await createCampaign();
  const phone = createPhone();
  const contact = { id: isImported ? randomUUID() : first.id, phone, campaign };
  return {
    transactions: [countingCalls(campaign, listNumbers(phone)), createClaim(contact)],
    findViolation: findLateClaim(fixtures, campaign),
  };
}

const importAndDial = (
  { id, campaign, phone }: RaceContact,
  order: 'import first' | 'call first',
): TransactionScript => {
  const queries = [
    'imported as (insert into contacts (id, campaign_id, phone_number) values ($1, $2, $3))',
    `dialled as (insert into call_attempts (contact_id, campaign_id, attempt_number, call_id)
       values ($1, $2, 1, gen_random_uuid()))`,
  ];
  if (order === 'call first') queries.reverse();
  return {
    statements: [
      [`with ${queries.join(', ')} select 1`, [id, campaign, phone]],
      // A statement cannot update a row that it has inserted.
      [
        `update contacts set attempts_count = 1, state = case state when 'pending' then 'in_progress' else state end
         where id = $1`,
        [id],
      ],
    ],
  };
};

const importAndCall = (claim: string, { id, campaign, phone }: RaceContact): TransactionScript =>
  execute(
    `insert into contacts (id, campaign_id, phone_number) values ($1, $2, $3) returning services.${claim}(id)`,
    id,
    campaign,
    phone,
  );

const changeNumberAndDial = ({ id, campaign, phone }: RaceContact): TransactionScript =>
  execute(
    `with changed as (
         update contacts set phone_number = $3, state = 'in_progress', attempts_count = 1 where id = $1
       ),
       dialled as (
         insert into call_attempts (contact_id, campaign_id, attempt_number, call_id) values ($1, $2, 1, gen_random_uuid())
       )
     select 1`,
    id,
    campaign,
    phone,
  );

const changeNumberAndCall = (claim: string, { id, phone }: RaceContact): TransactionScript =>
  execute(`update contacts set phone_number = $2 where id = $1 returning services.${claim}(id)`, id, phone);

const returnAndCall = ({ id }: RaceContact): TransactionScript =>
  execute(
    `update contacts set state = 'pending' where id = $1 and state = 'excluded' returning services.claim(id)`,
    id,
  );

const mergeAndDial = ({ id, campaign, phone }: RaceContact): TransactionScript => ({
  statements: [
    [
      `merge into contacts using (values ($1::uuid)) as claimed (id) on contacts.id = claimed.id
         when matched then update set phone_number = $2, state = 'in_progress', attempts_count = 1`,
      [id, phone],
    ],
    {
      copy: 'copy call_attempts (contact_id, campaign_id, attempt_number, call_id) from stdin',
      lines: [`${id}\t${campaign}\t1\t${randomUUID()}`],
    },
  ],
});

/** Races in which one statement imports or changes a contact and starts its call: rule 1. */
export const SINGLE_STATEMENT_RACES: Readonly<Record<string, Race>> = {
  'listing a number races with its import and call in one CTE': {
    protections: IMPORT_PROTECTIONS,
    prepare: (fixtures) =>
      prepareListing(
        fixtures,
        (contact) => importAndDial(contact, fixtures.random.pick(['import first', 'call first'])),
        { isImported: true },
      ),
  },
  'changing the number of an excluded contact races with its import and call in one CTE': {
    protections: IMPORT_PROTECTIONS,
    prepare: async (fixtures) => {
      const { createCampaign, createExcludedContact, createPhone, random } = fixtures;
      const { id: excluded, phone } = await createExcludedContact();
      const { id: campaign } = await createCampaign();
      const change = execute('update contacts set phone_number = $2 where id = $1', excluded, createPhone());
      return {
        transactions: [
          countingCalls(campaign, change),
          importAndDial({ id: randomUUID(), phone, campaign }, random.pick(['import first', 'call first'])),
        ],
        findViolation: findLateClaim(fixtures, campaign),
      };
    },
  },
  'listing a number races with its import that claims it in RETURNING': {
    protections: IMPORT_PROTECTIONS,
    prepare: (fixtures) =>
      prepareListing(fixtures, (contact) => importAndCall('claim', contact), { isImported: true }),
  },
  'listing a number races with its import that claims it and checks constraints in RETURNING': {
    protections: { 'the check of the call by the import': DROP_CHECK_OF_IMPORT },
    prepare: (fixtures) =>
      prepareListing(fixtures, (contact) => importAndCall('claim_and_check', contact), { isImported: true }),
  },
  'listing a number races with a change to it and a call in one CTE': {
    protections: CHANGE_PROTECTIONS,
    prepare: (fixtures) => prepareListing(fixtures, changeNumberAndDial, { isImported: false }),
  },
  'listing a number races with a change to it that claims it in RETURNING': {
    protections: CHANGE_PROTECTIONS,
    prepare: (fixtures) =>
      prepareListing(fixtures, (contact) => changeNumberAndCall('claim', contact), { isImported: false }),
  },
  'listing a number races with a change to it that claims it and checks constraints in RETURNING': {
    protections: { 'the early lock of the changed number': LOCK_CHANGED_NUMBER_LATE },
    prepare: (fixtures) =>
      prepareListing(fixtures, (contact) => changeNumberAndCall('claim_and_check', contact), {
        isImported: false,
      }),
  },
  'listing a number races with the return of its contact that claims it in RETURNING': {
    protections: { 'the mutex row of the number': DROP_RETURN_MUTEX },
    prepare: async (fixtures) => {
      const { createCampaign, commit } = fixtures;
      const { id: campaign, first } = await createCampaign();
      await commit(excludeContact(first));
      return {
        transactions: [countingCalls(campaign, listNumbers(first.phone)), returnAndCall(first)],
        findViolation: findLateClaim(fixtures, campaign),
      };
    },
  },
  'listing a number races with a change to it by MERGE and a call by COPY': {
    protections: { 'mutex rows': DROP_MUTEXES },
    prepare: (fixtures) => prepareListing(fixtures, mergeAndDial, { isImported: false }),
  },
};
