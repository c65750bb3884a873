import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { expect } from 'vitest';
import { PHONES } from './history.js';
import {
  answerCall,
  attemptOf,
  claim,
  endCall,
  insertAnswers,
  insertAttempt,
  insertContact,
  insertEvent,
  listNumber,
  setInProgress,
  setState,
  setStatuses,
} from './steps.js';
import { correct, forbidden, special } from './writes.js';

const NUMBER = '+4920009999';
const isListed = (phone: string): string =>
  `exists (select from exclusion_list_entries where phone_number = '${phone}')`;
const stateIs = (person: string, state: string): string =>
  `(select state from contacts where id = :${person}) = '${state}'`;

forbidden(
  'dialling a contact whose number is listed',
  insertAttempt('ines'),
  'never_dial_an_excluded_number',
);
forbidden('claiming an excluded contact', claim('ines'), 'never_dial_an_excluded_number');
forbidden(
  'dialling a contact whose number was listed in the same transaction',
  `${listNumber(PHONES.ada)} ${insertAttempt('ada')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'setting a contact in progress whose number was listed in the same transaction',
  `${listNumber(PHONES.ada)} ${setInProgress('ada')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'dialling a contact whose do_not_call was set in the same transaction',
  `update contacts set do_not_call = true where id = :ada; ${insertAttempt('ada')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'listing a number in the transaction that claims its contact',
  `${claim('ada')} ${listNumber(PHONES.ada)}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'setting do_not_call in the transaction that claims the contact',
  `${claim('ada')} update contacts set do_not_call = true where id = :ada;`,
  'never_dial_an_excluded_number',
);
forbidden(
  'dialling a listed number from another campaign',
  `${insertContact('new', PHONES.ines, { campaign_id: ':plain' })} ${insertAttempt('new', { campaign: 'plain' }, 'new_call')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'dialling an excluded contact whose number is no longer listed',
  `delete from exclusion_list_entries; ${insertAttempt('ines')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'a second call of a contact that was excluded during its first',
  `${listNumber(PHONES.ben)} ${endCall(attemptOf('ben'), 'failed', 'now()')} ${insertAttempt('ben', { number: 2 })}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'an upsert that sets a contact with do_not_call in progress',
  `insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ines}')
     on conflict (campaign_id, phone_number) do update set state = 'in_progress';`,
  'never_dial_an_excluded_number',
);
forbidden(
  'an entry whose number is not in E.164 and would exclude nobody',
  "update exclusion_list_entries set phone_number = '00492000009' where id = :entry;",
  'excluded_number_is_e164',
);
forbidden('a second entry for a number', listNumber(PHONES.ines), 'one_exclusion_per_phone_number', '23505');
forbidden(
  'the start of a campaign whose only contact is excluded',
  `${listNumber('+4920000101')} ${setStatuses('draft', 'running')}`,
  'a_campaign_starts_with_a_contact_to_call',
);
forbidden(
  'completing a contact that was excluded during its call',
  `${listNumber(PHONES.ben)} ${endCall(attemptOf('ben'), 'completed', 'now()')} ${insertAnswers('ben', attemptOf('ben'))} ${setState('ben', 'completed')}`,
  'a_contact_changes_state_in_order',
);
forbidden(
  'answers of a contact that was excluded during its call',
  `${listNumber(PHONES.ben)} ${endCall(attemptOf('ben'), 'completed', 'now()')} ${insertAnswers('ben', attemptOf('ben'))}`,
  'a_contact_with_answers_is_completed',
);
forbidden(
  'an event for the end of a contact that was excluded during its call',
  `${listNumber(PHONES.ben)} ${endCall(attemptOf('ben'), 'refused', 'now()')} ${insertEvent('refused', 'ben', attemptOf('ben'))}`,
  'an_event_announces_the_state_of_its_contact',
);

correct(
  'a listed number is excluded when it is imported',
  insertContact('new', PHONES.ines, { campaign_id: ':plain' }),
  stateIs('new', 'excluded'),
);
correct('listing a number excludes its pending contact', listNumber(PHONES.ada), stateIs('ada', 'excluded'));
correct(
  'listing a number excludes its contacts in every campaign',
  `${insertContact('new', PHONES.ada, { campaign_id: ':plain' })} ${listNumber(PHONES.ada)}`,
  `(select count(*) = 2 and bool_and(state = 'excluded') from contacts where phone_number = '${PHONES.ada}')`,
);
correct('a number without contacts is listed', listNumber(NUMBER));
correct(
  'listing a number excludes its not_reached contact',
  listNumber(PHONES.mona),
  stateIs('mona', 'excluded'),
);
correct(
  'listing a number leaves its completed contact completed',
  listNumber(PHONES.dora),
  stateIs('dora', 'completed'),
);
correct(
  'listing a number leaves its refused contact refused',
  listNumber(PHONES.kate),
  stateIs('kate', 'refused'),
);
correct(
  'listing a number excludes its contact during a call',
  listNumber(PHONES.ben),
  stateIs('ben', 'excluded'),
);
for (const outcome of ['completed', 'refused', 'failed']) {
  correct(
    `the answered call of an excluded contact ends ${outcome}`,
    `${listNumber(PHONES.ben)} ${endCall(attemptOf('ben'), outcome, 'now()')} update contacts set last_outcome = '${outcome}' where id = :ben;`,
    stateIs('ben', 'excluded'),
  );
}
for (const outcome of ['no_answer', 'busy', 'failed']) {
  correct(
    `the unanswered call of an excluded contact ends ${outcome}`,
    `${listNumber(PHONES.cleo)} ${endCall(attemptOf('cleo'), outcome, 'now()')}`,
    stateIs('cleo', 'excluded'),
  );
}
correct(
  'the open call of an excluded contact is answered',
  `${listNumber(PHONES.cleo)} ${answerCall(attemptOf('cleo'))}`,
);
correct(
  'the completed call of an excluded contact has no answers',
  `${listNumber(PHONES.ben)} ${endCall(attemptOf('ben'), 'completed', 'now()')}`,
  'not exists (select from survey_responses where contact_id = :ben)',
);
correct(
  'correcting an entry excludes the contacts of its new number',
  `update exclusion_list_entries set phone_number = '${PHONES.ada}' where id = :entry;`,
  stateIs('ada', 'excluded'),
);
correct(
  'a contact whose number is changed to a listed one is excluded',
  `update contacts set phone_number = '${NUMBER}' where id = :ines; update contacts set phone_number = '${PHONES.ines}' where id = :ada;`,
  stateIs('ada', 'excluded'),
);
correct(
  'listing a number in the transaction that starts and ends its call excludes the contact',
  `${claim('ada')} ${endCall('new_call_of_ada', 'failed', 'now()')} ${setState('ada', 'pending', 'failed')} ${listNumber(PHONES.ada)}`,
  stateIs('ada', 'excluded'),
);
correct(
  'setting do_not_call during a call excludes the contact',
  'update contacts set do_not_call = true where id = :ben;',
  stateIs('ben', 'excluded'),
);
correct(
  'setting do_not_call leaves a completed contact completed',
  'update contacts set do_not_call = true where id = :dora;',
  stateIs('dora', 'completed'),
);
correct(
  'a contact that is imported with do_not_call is excluded',
  insertContact('new', NUMBER, { do_not_call: 'true', state: "'pending'" }),
  stateIs('new', 'excluded'),
);
correct(
  'deleting an entry leaves its contact excluded',
  'delete from exclusion_list_entries;',
  stateIs('ines', 'excluded'),
);
correct(
  'an import of many rows in one statement excludes the listed numbers',
  `insert into contacts (campaign_id, phone_number)
     select :plain, phone from unnest(array['${PHONES.ines}', '${PHONES.ada}', '${NUMBER}']) as phone;`,
  `(select array_agg(state order by phone_number) = '{pending,excluded,pending}' from contacts
     where campaign_id = :plain and id <> :one_of_plain)`,
);
correct(
  'an import with "on conflict do nothing" leaves an unlisted number pending',
  `insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ada}'), (:survey, '${NUMBER}')
     on conflict do nothing;`,
  `(select count(*) = 1 from contacts where phone_number = '${NUMBER}' and state = 'pending')`,
);
correct(
  'an upsert of an excluded contact leaves it excluded',
  `insert into contacts (campaign_id, phone_number, email) values (:survey, '${PHONES.ines}', 'new@example.com')
     on conflict (campaign_id, phone_number) do update set email = excluded.email;`,
  stateIs('ines', 'excluded'),
);
correct(
  'a merge excludes the listed numbers that it inserts',
  `merge into contacts as target
     using (values ('${PHONES.ines}'), ('${PHONES.ada}')) as source (phone)
     on target.campaign_id = :plain and target.phone_number = source.phone
     when matched then update set email = null
     when not matched then insert (campaign_id, phone_number) values (:plain, source.phone);`,
  `(select count(*) = 1 from contacts where campaign_id = :plain and state = 'excluded')`,
);
correct(
  'a merge into the exclusion list excludes the contacts of its numbers',
  `merge into exclusion_list_entries as target using (values ('${PHONES.ada}')) as source (phone)
     on target.phone_number = source.phone
     when not matched then insert (phone_number) values (source.phone);`,
  stateIs('ada', 'excluded'),
);
correct(
  'an upsert into the exclusion list excludes the contacts of its new numbers',
  `insert into exclusion_list_entries (phone_number, reason) values ('${PHONES.ada}', 'a'), ('${PHONES.ines}', 'b')
     on conflict (phone_number) do update set reason = excluded.reason;`,
  stateIs('ada', 'excluded'),
);
correct(
  'an import through a view excludes the listed numbers',
  `create view list as select campaign_id, phone_number from contacts;
   insert into list values (:plain, '${PHONES.ines}');`,
  "(select count(*) = 2 from contacts where state = 'excluded')",
);

correct(
  'an exclusion after an early check of the start of a call is one during the call',
  `${claim('ada')} set constraints all immediate; ${listNumber(PHONES.ada)}`,
  stateIs('ada', 'excluded'),
);
const TO_THE_LISTED_NUMBER = `phone_number = '${PHONES.ines}'`;
const CHANGES_TO_A_LISTED_NUMBER: Readonly<Record<string, string>> = {
  'after an early check of the start of the call': `${claim('ada')} set constraints all immediate;
    update contacts set ${TO_THE_LISTED_NUMBER} where id = :ada;`,
  'after an early check, with later checks at commit': `${claim('ada')} set constraints all immediate;
    set constraints all deferred; update contacts set ${TO_THE_LISTED_NUMBER} where id = :ada;`,
  'in the statement that checks the start of the call': `
    create function check_now() returns boolean language plpgsql as 'begin set constraints all immediate; return true; end';
    ${claim('ada')} with checked as (select check_now() as is_done)
    update contacts set ${TO_THE_LISTED_NUMBER} from checked where id = :ada and is_done;`,
  'in a later transaction': `update contacts set ${TO_THE_LISTED_NUMBER} where id = :ben;`,
  'in an upsert': `insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ben}')
    on conflict (campaign_id, phone_number) do update set ${TO_THE_LISTED_NUMBER};`,
  'in a merge': `merge into contacts using (values ('${PHONES.ben}')) as source (phone)
    on campaign_id = :survey and phone_number = phone when matched then update set ${TO_THE_LISTED_NUMBER};`,
  'of an excluded contact': `${listNumber(PHONES.ben)} set constraints all immediate;
    update contacts set ${TO_THE_LISTED_NUMBER} where id = :ben;`,
  'that also sets do_not_call': `update contacts set ${TO_THE_LISTED_NUMBER}, do_not_call = true where id = :ben;`,
  'whose entry was changed in the same transaction': `
    update exclusion_list_entries set phone_number = '${NUMBER}' where id = :entry;
    update contacts set phone_number = '${NUMBER}' where id = :ben;`,
  'whose entry was inserted with an earlier created_at': `insert into exclusion_list_entries (phone_number, created_at)
      values ('${NUMBER}', now() - interval '1 day');
    update contacts set phone_number = '${NUMBER}' where id = :ben;`,
  'whose entry was inserted by a transaction that began later': `insert into exclusion_list_entries (phone_number, created_at)
      values ('${NUMBER}', now() + interval '1 s');
    update contacts set phone_number = '${NUMBER}' where id = :ben;`,
};
for (const [how, sql] of Object.entries(CHANGES_TO_A_LISTED_NUMBER)) {
  forbidden(
    `a change of the number of a contact with an open call to a listed one, ${how}`,
    `update contacts set phone_number = '${PHONES.ines}9' where id = :ines; ${sql}`,
    'never_dial_an_excluded_number',
  );
}
const CHANGES_WITHOUT_A_CALL: Readonly<Record<string, string>> = {
  'before the call is ended': `update contacts set phone_number = '${NUMBER}' where id = :ben;
    ${endCall(attemptOf('ben'), 'failed', 'now()')}`,
  'after the call is ended': `${endCall(attemptOf('ben'), 'failed', 'now()')}
    update contacts set phone_number = '${NUMBER}' where id = :ben;`,
  'if another change follows': `update contacts set phone_number = '${NUMBER}' where id = :ben;
    update contacts set phone_number = '${NUMBER}1' where id = :ben;`,
};
for (const [how, sql] of Object.entries(CHANGES_WITHOUT_A_CALL)) {
  correct(
    `the number of a contact in a call changes to a listed one ${how}`,
    `insert into exclusion_list_entries (phone_number, created_at) values ('${NUMBER}', now() - interval '1 day'); ${sql}`,
    stateIs('ben', 'excluded'),
  );
}
for (const [order, sql] of Object.entries({
  before: `${listNumber(NUMBER)} update contacts set phone_number = '${NUMBER}' where id = :ben;`,
  after: `update contacts set phone_number = '${NUMBER}' where id = :ben; ${listNumber(NUMBER)}`,
  'in a savepoint before': `savepoint listing; ${listNumber(NUMBER)} release listing;
    update contacts set phone_number = '${NUMBER}' where id = :ben;`,
  'in a savepoint after': `update contacts set phone_number = '${NUMBER}' where id = :ben;
    savepoint listing; ${listNumber(NUMBER)}`,
  'in a savepoint of a savepoint that also has': `savepoint change; update contacts set phone_number = '${NUMBER}' where id = :ben;
    savepoint listing; ${listNumber(NUMBER)} release listing; release change;`,
})) {
  correct(
    `the new number of a contact in a call is listed ${order} the change, in the same transaction`,
    sql,
    `${isListed(NUMBER)} and ${stateIs('ben', 'excluded')}`,
  );
}
forbidden(
  'an exclusion in the transaction that starts a call, without an early check',
  `${claim('ada')} ${listNumber(PHONES.ada)}`,
  'never_dial_an_excluded_number',
);

const EXCLUDE_ADA = "update contacts set state = 'excluded' where id = :ada; set constraints all immediate;";
const CHANGES_OF_AN_EXCLUDED_NUMBER: Readonly<Record<string, string>> = {
  'an update': `${EXCLUDE_ADA} update contacts set phone_number = '${NUMBER}' where id = :ada;`,
  'an update that also returns the contact': `${EXCLUDE_ADA}
    update contacts set phone_number = '${NUMBER}', state = 'pending' where id = :ada;`,
  'an update that also clears do_not_call and returns the contact': `
    update contacts set do_not_call = true where id = :ada;
    update contacts set phone_number = '${NUMBER}', do_not_call = false, state = 'pending' where id = :ada;`,
  'an update that also excludes the contact': `
    update contacts set phone_number = '${NUMBER}', state = 'excluded' where id = :ada;`,
  'an update that also sets do_not_call': `
    update contacts set phone_number = '${NUMBER}', do_not_call = true where id = :ada;`,
  'an update that also excludes the contact, to a listed number': `${listNumber(NUMBER)}
    update contacts set phone_number = '${NUMBER}', state = 'excluded' where id = :ada;`,
  'an update to a listed number': `${listNumber(NUMBER)}
    update contacts set phone_number = '${NUMBER}' where id = :ada;`,
  'an upsert': `${EXCLUDE_ADA} insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ada}')
    on conflict (campaign_id, phone_number) do update set phone_number = '${NUMBER}';`,
  'a merge': `${EXCLUDE_ADA} merge into contacts using (values ('${PHONES.ada}')) as source (phone)
    on campaign_id = :survey and phone_number = phone when matched then update set phone_number = '${NUMBER}';`,
  'an update through a view': `${EXCLUDE_ADA} create view list as select phone_number from contacts;
    update list set phone_number = '${NUMBER}' where phone_number = '${PHONES.ada}';`,
  'an update of all numbers': `${EXCLUDE_ADA} update contacts set phone_number = phone_number || '0';`,
  'a change and an erasure': `${EXCLUDE_ADA} update contacts set phone_number = '${NUMBER}' where id = :ada;
    delete from contacts where id = :ada;`,
  'a change during a call': `${claim('ada')} set constraints all immediate;
    update contacts set do_not_call = true where id = :ada;
    update contacts set phone_number = '${NUMBER}' where id = :ada;`,
  'a statement that erases the contact after a change': `${EXCLUDE_ADA}
    with changed as (update contacts set phone_number = '${NUMBER}' where id = :ada returning id)
    delete from contacts where id = :ada and exists (select from changed);`,
  'a statement that exchanges two numbers': `${EXCLUDE_ADA}
    ${insertContact('new', NUMBER, { campaign_id: ':plain' })}
    update contacts set phone_number = case id when :ada then '${NUMBER}' else '${PHONES.ada}' end
    where id in (:ada, :new);`,
};
for (const [how, sql] of Object.entries(CHANGES_OF_AN_EXCLUDED_NUMBER)) {
  correct(`the old number of an excluded contact is listed: ${how}`, sql, isListed(PHONES.ada));
}
correct(
  'the old number of a completed contact with do_not_call is listed',
  `update contacts set do_not_call = true where id = :dora;
   update contacts set phone_number = '${NUMBER}' where id = :dora;`,
  isListed(PHONES.dora),
);
correct(
  'the old number of a completed contact is listed if the same update sets do_not_call',
  `update contacts set do_not_call = true, phone_number = '${NUMBER}' where id = :dora;`,
  isListed(PHONES.dora),
);
correct(
  'the old number of a contact that is not excluded is not listed',
  `update contacts set phone_number = '${NUMBER}' where id = :ada;
   update contacts set phone_number = '${NUMBER}1' where id = :dora;`,
  `not ${isListed(PHONES.ada)} and not ${isListed(PHONES.dora)}`,
);
correct(
  'a listed number stays listed once if its contact gets another number',
  `update contacts set phone_number = '${NUMBER}' where id = :ines;`,
  `${isListed(PHONES.ines)} and ${stateIs('ines', 'excluded')} and not ${isListed(NUMBER)}`,
);
correct(
  'the old number of an excluded contact is excluded if it is imported again',
  `${EXCLUDE_ADA} update contacts set phone_number = '${NUMBER}' where id = :ada; ${insertContact('new', PHONES.ada)}`,
  stateIs('new', 'excluded'),
);
correct(
  'the old number of an excluded contact excludes its contacts in other campaigns',
  `${insertContact('new', PHONES.ada, { campaign_id: ':plain' })} ${EXCLUDE_ADA}
   update contacts set phone_number = '${NUMBER}' where id = :ada;`,
  stateIs('new', 'excluded'),
);
correct(
  'an update of a number in all campaigns lists it if one of its contacts is excluded',
  `${insertContact('new', PHONES.ada, { campaign_id: ':plain' })} ${insertContact('new_one', PHONES.jack, { campaign_id: ':plain' })}
   update contacts set state = 'excluded' where id in (:ada, :new_one);
   update contacts set phone_number = phone_number || '0' where phone_number in ('${PHONES.ada}', '${PHONES.jack}');`,
  `${isListed(PHONES.ada)} and ${isListed(PHONES.jack)} and ${stateIs('new', 'pending')} and ${stateIs('jack', 'pending')}`,
);
forbidden(
  'dialling the old number of an excluded contact in the statement that changes it',
  `create function pg_temp.run(statement text) returns boolean language plpgsql as
     'begin execute statement; return true; end';
   ${EXCLUDE_ADA} set constraints all deferred; update contacts set phone_number = '${NUMBER}' where id = :ada
     returning pg_temp.run($$${insertContact('new', PHONES.ada)} ${claim('new')}$$);`,
  'never_dial_an_excluded_number',
);

special('accepted: COPY excludes the listed numbers that it imports', async (client, ids) => {
  const copy = client.query(copyFrom('copy contacts (campaign_id, phone_number) from stdin'));
  await pipeline(
    Readable.from([PHONES.ines, PHONES.ada].map((phone) => ids(`:plain\t${phone}\n`).replaceAll("'", ''))),
    copy,
  );
  const { rows } = await client.query(
    ids(
      'select phone_number, state from contacts where campaign_id = :plain and id <> :one_of_plain order by 1',
    ),
  );
  expect(rows).toEqual([
    { phone_number: PHONES.ada, state: 'pending' },
    { phone_number: PHONES.ines, state: 'excluded' },
  ]);
});

special(
  'accepted: COPY into the exclusion list excludes the contacts of its numbers',
  async (client, ids) => {
    const copy = client.query(copyFrom('copy exclusion_list_entries (phone_number) from stdin'));
    await pipeline(Readable.from([`${PHONES.ada}\n${PHONES.ben}\n`]), copy);
    const { rows } = await client.query(ids('select state from contacts where id in (:ada, :ben)'));
    expect(rows).toEqual([{ state: 'excluded' }, { state: 'excluded' }]);
  },
);
