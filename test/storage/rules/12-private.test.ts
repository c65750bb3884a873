import { expect } from 'vitest';
import { test } from '../../support/database.js';
import { PHONES } from './history.js';
import {
  answerCall,
  attemptOf,
  claim,
  endCall,
  insertAnswers,
  insertContact,
  listNumber,
  setState,
  setStatuses,
} from './steps.js';
import { correct, forbidden } from './writes.js';

const transcript = (attempt: string, text = "'Hello.'", at = 'now()'): string =>
  `insert into transcript_snippets (call_attempt_id, transcript_text, created_at) values (:${attempt}, ${text}, ${at});`;
const listed = (phone: string): string =>
  `exists (select from exclusion_list_entries where phone_number = '${phone}')`;

for (const text of [
  "'Call me at +4920000001.'",
  "'+1234567'",
  "'a+123456789012345b'",
  "E'one\\n+4915112345678\\ntwo'",
]) {
  forbidden(
    `a transcript with the telephone number in ${text}`,
    transcript(attemptOf('dora'), text),
    'transcript_holds_no_phone_number',
  );
}
forbidden(
  'an update of a transcript that adds a telephone number',
  "update transcript_snippets set transcript_text = '+4915112345678';",
  'transcript_holds_no_phone_number',
);
forbidden(
  'a transcript of a call that ended unanswered',
  transcript(attemptOf('gina')),
  'a_transcript_is_of_an_answered_call',
);
forbidden(
  'a transcript of a call that is ringing',
  transcript(attemptOf('cleo')),
  'a_transcript_is_of_an_answered_call',
);
forbidden(
  'a transcript of a call that does not exist',
  transcript('new_call'),
  'transcript_belongs_to_a_call_attempt',
  '23503',
);
forbidden(
  'a transcript that moves to another call',
  `update transcript_snippets set call_attempt_id = :${attemptOf('kate')};`,
  'a_transcript_keeps_its_call',
);
forbidden('a blank transcript', transcript(attemptOf('dora'), "' '"), 'transcript_is_not_blank');
forbidden(
  'a transcript that was created one year in the future',
  transcript(attemptOf('dora'), "'a'", "now() + interval '1 year'"),
  'created_at_is_not_in_the_future',
);
forbidden(
  'a transcript that was created at infinity',
  transcript(attemptOf('dora'), "'a'", "'infinity'"),
  'transcript_has_a_finite_time',
);
forbidden(
  'a transcript_retention_days of 0',
  'update provider_configs set transcript_retention_days = 0;',
  'transcript_retention_days_is_1_or_more',
);
forbidden(
  'a negative recording_retention_days',
  'update provider_configs set recording_retention_days = -1;',
  'recording_retention_days_is_1_or_more',
);

correct('a transcript of an open call that was answered', transcript(attemptOf('ben')));
correct(
  'a transcript that is inserted before its call is answered, in one transaction',
  `${transcript(attemptOf('cleo'))} ${answerCall(attemptOf('cleo'))}`,
);
correct(
  'a transcript that is inserted before its call, in one transaction',
  `insert into transcript_snippets (call_attempt_id, transcript_text) values (:new_call_of_ada, 'Yes.');
   ${claim('ada')} ${answerCall('new_call_of_ada')}`,
);
correct('two transcripts of a call', `${transcript(attemptOf('dora'))} ${transcript(attemptOf('dora'))}`);
correct(
  'a transcript with digits that are not a telephone number',
  transcript(attemptOf('dora'), "'My number is 12, and 1+1234 is more; call 112.'"),
);
correct('a deletion of all transcripts', 'delete from transcript_snippets;');

const ONE_DAY = 'update provider_configs set transcript_retention_days = 1;';
/** Metadata of a call that ended today and of an open call. */
const METADATA = `update call_attempts set metadata = '{"from": "+4920000001"}' where id in (:call_of_dora_1, :call_of_ben_1);`;
/** A call of ada that ended 30 hours ago, with metadata. */
const OLD_CALL = `${claim('ada', { ago: '30 h' })} ${endCall('new_call_of_ada', 'busy')} ${setState('ada', 'pending', 'busy')}
  update call_attempts set metadata = '{"from": "+4920000001"}' where id = :new_call_of_ada;`;
const metadataIs = (attempt: string, value: string): string =>
  `(select metadata = '${value}' from call_attempts where id = :${attempt})`;

correct(
  'purge_expired deletes the transcripts that are older than their retention days, and no other',
  `${ONE_DAY} ${transcript(attemptOf('dora'), "'old'", "now() - interval '25 h'")} select * from voicesurvey.purge_expired();`,
  "(select array_agg(transcript_text) = '{Do you agree? Yes.}' from transcript_snippets)",
);
correct(
  'purge_expired empties the metadata of calls that ended before the retention days, and no other',
  `${ONE_DAY} ${METADATA} ${OLD_CALL} select * from voicesurvey.purge_expired();`,
  `${metadataIs('new_call_of_ada', '{}')} and ${metadataIs(attemptOf('dora'), '{"from": "+4920000001"}')}
     and ${metadataIs(attemptOf('ben'), '{"from": "+4920000001"}')}`,
);
correct(
  'purge_expired returns how many transcripts it deleted and how many attempts it emptied',
  `${ONE_DAY} ${OLD_CALL} ${transcript(attemptOf('dora'), "'1'", "now() - interval '2 d'").repeat(2)}
   create temporary table purged on commit drop as
     select 1 as run, * from voicesurvey.purge_expired();
   insert into purged select 2, * from voicesurvey.purge_expired();`,
  '(select array_agg((run, transcripts_deleted, metadata_emptied)::text order by run) = \'{"(1,2,1)","(2,0,0)"}\' from pg_temp.purged)',
);
correct(
  'purge_expired deletes and empties at most at_most rows of each table',
  `${ONE_DAY} ${METADATA} ${OLD_CALL} ${transcript(attemptOf('dora'), "'1'", "now() - interval '2 d'").repeat(3)}
   select * from voicesurvey.purge_expired(2); select * from voicesurvey.purge_expired(at_most => 0);`,
  `(select count(*) = 2 from transcript_snippets) and ${metadataIs('new_call_of_ada', '{}')}`,
);
correct(
  'purge_expired empties the metadata of a call of an excluded contact in a completed campaign',
  `${ONE_DAY} ${OLD_CALL} ${listNumber(PHONES.ada)} ${setStatuses('survey', 'completed')}
   select * from voicesurvey.purge_expired();`,
  metadataIs('new_call_of_ada', '{}'),
);
test.for([
  '-1',
  '-2147483648',
  'null',
])('purge_expired rejects at_most => %s with a clear error', async (number, { migrated }) => {
  await expect(
    migrated.client.query(`select * from voicesurvey.purge_expired(at_most => ${number})`),
  ).rejects.toMatchObject({
    code: '22023',
    message: `purge_expired needs a number of rows, 0 or more, and at_most is ${number}.`,
    hint: expect.stringMatching(/^Nothing was deleted\. /),
  });
});
correct(
  'purge_expired without a provider configuration does nothing',
  `${OLD_CALL} ${transcript(attemptOf('dora'), "'old'", "now() - interval '999 d'")}
   set constraints all immediate; delete from provider_configs;
   select * from voicesurvey.purge_expired();`,
  `(select count(*) = 2 from transcript_snippets) and ${metadataIs('new_call_of_ada', '{"from": "+4920000001"}')}`,
);

for (const [person, state] of [
  ['ada', 'pending'],
  ['ben', 'in a call'],
  ['cleo', 'ringing'],
  ['dora', 'completed and e-mailed'],
  ['emil', 'refused and announced'],
  ['fred', 'not_reached and announced'],
  ['gina', 'pending after a call'],
  ['hugo', 'pending before its retry'],
  ['jack', 'pending without an e-mail address'],
  ['kate', 'refused'],
  ['lena', 'completed, with a pending e-mail'],
  ['mona', 'not_reached with an attempt left'],
  ['sam', 'not_reached'],
] as const) {
  correct(
    `an erasure of a contact that is ${state} deletes its calls and events and lists no number`,
    `delete from contacts where phone_number = '${PHONES[person]}';`,
    `not exists (select from call_attempts where contact_id = :${person}) and not exists (select from events where contact_id = :${person})
       and not ${listed(PHONES[person])}`,
  );
}
correct(
  'an erasure of all contacts deletes all calls, events, e-mails and transcripts',
  'delete from contacts;',
  'not exists (select from call_attempts) and not exists (select from events) and not exists (select from email_notifications) and not exists (select from transcript_snippets)',
);
correct(
  'an erasure of a contact leaves its number on the exclusion list',
  'delete from contacts where id = :ines;',
  listed(PHONES.ines),
);
correct(
  'an erasure of a contact with do_not_call lists its number',
  `delete from exclusion_list_entries; delete from contacts where id = :ines;`,
  listed(PHONES.ines),
);
correct(
  'an erasure of a contact that was excluded by hand lists its number',
  "update contacts set state = 'excluded' where id = :ada; delete from contacts where id = :ada;",
  listed(PHONES.ada),
);
correct(
  'a deletion of a campaign lists the numbers of all its excluded contacts',
  `update contacts set do_not_call = true where id in (:ada, :dora); update contacts set state = 'excluded' where id = :gina;
   ${setStatuses('survey', 'paused')} delete from campaigns where id = :survey;`,
  `${listed(PHONES.ada)} and ${listed(PHONES.dora)} and ${listed(PHONES.gina)} and not ${listed(PHONES.hugo)}`,
);
correct(
  'an erasure of a number from all campaigns lists it if one of its contacts is excluded',
  `${insertContact('new', PHONES.ada, { campaign_id: ':plain' })} ${insertContact('new_one', PHONES.jack, { campaign_id: ':plain' })}
   update contacts set do_not_call = true where id in (:ada, :new_one);
   delete from contacts where phone_number in ('${PHONES.ada}', '${PHONES.jack}');`,
  `${listed(PHONES.ada)} and ${listed(PHONES.jack)}`,
);
correct(
  'an erasure of a contact during its call, in which do_not_call was set, lists its number',
  `update contacts set do_not_call = true where id = :ben; delete from contacts where id = :ben;`,
  listed(PHONES.ben),
);
correct(
  'an erased number that is imported again is excluded',
  `delete from exclusion_list_entries; delete from contacts where id = :ines; insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ines}');`,
  `(select state = 'excluded' from contacts where phone_number = '${PHONES.ines}')`,
);
correct(
  'an erasure of a contact that was excluded during its call',
  `${listNumber(PHONES.ben)} delete from contacts where id = :ben;`,
  listed(PHONES.ben),
);
correct(
  'an erasure of a contact in a paused campaign',
  `${setStatuses('survey', 'paused')} delete from contacts where id = :dora;`,
);
correct(
  'an erasure row by row: e-mails, events, answers, transcripts, calls, contact',
  `delete from email_notifications where contact_id = :dora; delete from events where contact_id = :dora; delete from survey_responses where contact_id = :dora; delete from transcript_snippets; delete from call_attempts where contact_id = :dora; delete from contacts where id = :dora;`,
);
correct(
  'an erasure of an address and an external id only',
  'update contacts set email = null, external_contact_id = null where id = :dora;',
);
correct(
  'an erasure of a number from all campaigns',
  `insert into contacts (campaign_id, phone_number) values (:plain, '${PHONES.dora}'); delete from contacts where phone_number = '${PHONES.dora}';`,
  `not exists (select from contacts where phone_number = '${PHONES.dora}')`,
);
correct(
  'a contact that is imported again under the id of an erased one completes the survey',
  `delete from survey_responses where contact_id = :dora; set constraints all immediate; delete from contacts where id = :dora;
   ${insertContact('dora', PHONES.dora)} set constraints all deferred; ${claim('dora', {}, attemptOf('dora'))} ${answerCall(attemptOf('dora'))}
   ${endCall(attemptOf('dora'), 'completed', "now() + interval '30 s'")} ${insertAnswers('dora', attemptOf('dora'))} ${setState('dora', 'completed')}`,
);
correct(
  'an erasure of a contact deletes the records of its erased answers and of its erased last call',
  `delete from survey_responses where contact_id = :dora; delete from call_attempts where contact_id = :fred;
   set constraints all immediate; delete from contacts where id in (:dora, :fred);`,
  'not exists (select from voicesurvey_rules.erased_answers) and not exists (select from voicesurvey_rules.erased_last_calls)',
);
