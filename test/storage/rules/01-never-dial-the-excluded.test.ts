import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { expect } from 'vitest';
import { PHONES } from './history.js';
import { answer, answers, call, claim, dial, end, exclude, leave, list, move, take, tell } from './steps.js';
import { correct, forbidden, special } from './writes.js';

const NUMBER = '+4920009999';
const stateIs = (person: string, state: string): string =>
  `(select state from contacts where id = :${person}) = '${state}'`;

forbidden('to dial who is on the list', dial('ines'), 'never_dial_an_excluded_number');
forbidden('to claim who is excluded', claim('ines'), 'never_dial_an_excluded_number');
forbidden(
  'to dial who was listed in this transaction',
  `${exclude(PHONES.ada)} ${dial('ada')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'to take who was listed in this transaction',
  `${exclude(PHONES.ada)} ${take('ada')}`,
  'states_of_a_contact_come_in_order',
);
forbidden(
  'to dial who asked not to be called in this transaction',
  `update contacts set do_not_call = true where id = :ada; ${dial('ada')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'to dial a number of another campaign that is on the list',
  `${list('new', PHONES.ines, { campaign_id: ':plain' })} ${dial('new', { campaign: 'plain' }, 'new_call')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'to dial who is excluded and no longer on the list',
  `delete from exclusion_list_entries; ${dial('ines')}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'to take do_not_call back and call again',
  `update contacts set do_not_call = false, state = 'pending' where id = :ines;`,
  'states_of_a_contact_come_in_order',
);
forbidden(
  'to begin a second call of one who was excluded in the first',
  `${exclude(PHONES.ben)} ${end(call('ben'), 'failed', 'now()')} ${dial('ben', { number: 2 })}`,
  'never_dial_an_excluded_number',
);
forbidden(
  'to number an entry otherwise than in E.164, which would exclude nobody',
  "update exclusion_list_entries set phone_number = '00492000009' where id = :entry;",
  'excluded_number_is_e164',
);
forbidden('to list a number twice', exclude(PHONES.ines), 'one_exclusion_per_phone_number', '23505');
forbidden(
  'to start a campaign whose only contact is excluded',
  `${exclude('+4920000101')} ${move('draft', 'running')}`,
  'a_campaign_starts_with_a_contact_to_call',
);

correct(
  'a listed number is excluded from its import on',
  list('new', PHONES.ines, { campaign_id: ':plain' }),
  stateIs('new', 'excluded'),
);
correct('a number is listed and waits no longer', exclude(PHONES.ada), stateIs('ada', 'excluded'));
correct(
  'a number is listed in every campaign',
  `${list('new', PHONES.ada, { campaign_id: ':plain' })} ${exclude(PHONES.ada)}`,
  `(select count(*) = 2 and bool_and(state = 'excluded') from contacts where phone_number = '${PHONES.ada}')`,
);
correct('a number that nobody has is listed', exclude(NUMBER));
correct('who was not reached is listed', exclude(PHONES.mona), stateIs('mona', 'excluded'));
correct('who has completed stays so', exclude(PHONES.dora), stateIs('dora', 'completed'));
correct('who has refused stays so', exclude(PHONES.kate), stateIs('kate', 'refused'));
correct('who is in a call is listed at once', exclude(PHONES.ben), stateIs('ben', 'excluded'));
for (const outcome of ['completed', 'refused', 'failed']) {
  correct(
    `the open call of an excluded contact ends ${outcome}`,
    `${exclude(PHONES.ben)} ${end(call('ben'), outcome, 'now()')} update contacts set last_outcome = '${outcome}' where id = :ben;`,
    stateIs('ben', 'excluded'),
  );
}
for (const outcome of ['no_answer', 'busy', 'failed']) {
  correct(
    `the ringing call of an excluded contact ends ${outcome}`,
    `${exclude(PHONES.cleo)} ${end(call('cleo'), outcome, 'now()')}`,
    stateIs('cleo', 'excluded'),
  );
}
correct('the call of an excluded contact is answered', `${exclude(PHONES.cleo)} ${answer(call('cleo'))}`);
correct(
  'an entry is corrected to a number that somebody has',
  `update exclusion_list_entries set phone_number = '${PHONES.ada}' where id = :entry;`,
  stateIs('ada', 'excluded'),
);
correct(
  'a contact comes to a number that is listed',
  `update contacts set phone_number = '${NUMBER}' where id = :ines; update contacts set phone_number = '${PHONES.ines}' where id = :ada;`,
  stateIs('ada', 'excluded'),
);
correct(
  'a contact asks not to be called, in a call',
  'update contacts set do_not_call = true where id = :ben;',
  stateIs('ben', 'excluded'),
);
correct(
  'do_not_call of who has completed changes nothing else',
  'update contacts set do_not_call = true where id = :dora;',
  stateIs('dora', 'completed'),
);
correct(
  'do_not_call at import means excluded',
  list('new', NUMBER, { do_not_call: 'true', state: "'pending'" }),
  stateIs('new', 'excluded'),
);
correct(
  'a number leaves the list, and its contact stays excluded',
  'delete from exclusion_list_entries;',
  stateIs('ines', 'excluded'),
);
correct(
  'many rows are imported at once, and the listed ones are excluded',
  `insert into contacts (campaign_id, phone_number)
     select :plain, phone from unnest(array['${PHONES.ines}', '${PHONES.ada}', '${NUMBER}']) as phone;`,
  `(select array_agg(state order by phone_number) = '{pending,excluded,pending}' from contacts
     where campaign_id = :plain and id <> :one_of_plain)`,
);
correct(
  'an import that leaves out who is there excludes the listed among the others',
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
  'an upsert that would put who asked not to be called into a call leaves them excluded',
  `insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ines}')
     on conflict (campaign_id, phone_number) do update set state = 'in_progress';`,
  stateIs('ines', 'excluded'),
);
correct(
  'a merge excludes the listed ones that it inserts',
  `merge into contacts as target
     using (values ('${PHONES.ines}'), ('${PHONES.ada}')) as source (phone)
     on target.campaign_id = :plain and target.phone_number = source.phone
     when matched then update set email = null
     when not matched then insert (campaign_id, phone_number) values (:plain, source.phone);`,
  `(select count(*) = 1 from contacts where campaign_id = :plain and state = 'excluded')`,
);
correct(
  'a merge lists numbers and excludes their contacts',
  `merge into exclusion_list_entries as target using (values ('${PHONES.ada}')) as source (phone)
     on target.phone_number = source.phone
     when not matched then insert (phone_number) values (source.phone);`,
  stateIs('ada', 'excluded'),
);
correct(
  'an entry is upserted',
  `insert into exclusion_list_entries (phone_number, reason) values ('${PHONES.ada}', 'a'), ('${PHONES.ines}', 'b')
     on conflict (phone_number) do update set reason = excluded.reason;`,
  stateIs('ada', 'excluded'),
);
correct(
  'an import by a view excludes the listed ones too',
  `create view list as select campaign_id, phone_number from contacts;
   insert into list values (:plain, '${PHONES.ines}');`,
  "(select count(*) = 2 from contacts where state = 'excluded')",
);
correct(
  'an excluded call may still bring answers nobody asked to keep',
  `${exclude(PHONES.ben)} ${end(call('ben'), 'completed', 'now()')}`,
  'not exists (select from survey_responses where contact_id = :ben)',
);
forbidden(
  'to complete a contact who was excluded in the call',
  `${exclude(PHONES.ben)} ${end(call('ben'), 'completed', 'now()')} ${answers('ben', call('ben'))} ${leave('ben', 'completed')}`,
  'states_of_a_contact_come_in_order',
);
forbidden(
  'to keep the answers of a contact who was excluded in the call',
  `${exclude(PHONES.ben)} ${end(call('ben'), 'completed', 'now()')} ${answers('ben', call('ben'))}`,
  'answers_are_of_a_completed_call',
);
forbidden(
  'to tell an end of who was excluded',
  `${exclude(PHONES.ben)} ${end(call('ben'), 'refused', 'now()')} ${tell('refused', 'ben', call('ben'))}`,
  'an_event_tells_its_contacts_end',
);

special('accepted: COPY excludes the listed ones', async (client, ids) => {
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

special('accepted: COPY into the list excludes contacts', async (client, ids) => {
  const copy = client.query(copyFrom('copy exclusion_list_entries (phone_number) from stdin'));
  await pipeline(Readable.from([`${PHONES.ada}\n${PHONES.ben}\n`]), copy);
  const { rows } = await client.query(ids('select state from contacts where id in (:ada, :ben)'));
  expect(rows).toEqual([{ state: 'excluded' }, { state: 'excluded' }]);
});
