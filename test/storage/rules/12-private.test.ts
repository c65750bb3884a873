import { PHONES } from './history.js';
import { answer, answers, call, claim, end, exclude, leave, list, move } from './steps.js';
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
    `a transcript that holds ${text}`,
    transcript(call('dora'), text),
    'transcript_holds_no_phone_number',
  );
}
forbidden(
  'a transcript that is changed to hold one',
  "update transcript_snippets set transcript_text = '+4915112345678';",
  'transcript_holds_no_phone_number',
);
forbidden(
  'a transcript of a call that nobody answered',
  transcript(call('gina')),
  'a_transcript_is_of_an_answered_call',
);
forbidden(
  'a transcript of a call that rings',
  transcript(call('cleo')),
  'a_transcript_is_of_an_answered_call',
);
forbidden('a transcript of no call', transcript('new_call'), 'transcript_belongs_to_a_call_attempt', '23503');
forbidden(
  'a transcript that moves to another call',
  `update transcript_snippets set call_attempt_id = :${call('kate')};`,
  'a_transcript_keeps_its_call',
);
forbidden('a blank transcript', transcript(call('dora'), "' '"), 'transcript_is_not_blank');
forbidden(
  'a transcript that would outlive its retention',
  transcript(call('dora'), "'a'", "now() + interval '1 year'"),
  'created_at_is_not_in_the_future',
);
forbidden(
  'a transcript that never expires',
  transcript(call('dora'), "'a'", "'infinity'"),
  'transcript_has_a_finite_time',
);
forbidden(
  'retention of no days, of transcripts',
  'update provider_configs set transcript_retention_days = 0;',
  'transcript_retention_days_is_1_or_more',
);
forbidden(
  'retention of no days, of recordings',
  'update provider_configs set recording_retention_days = -1;',
  'recording_retention_days_is_1_or_more',
);

correct('a transcript of an open call that was answered', transcript(call('ben')));
correct(
  'a transcript before the answer, in one transaction',
  `${transcript(call('cleo'))} ${answer(call('cleo'))}`,
);
correct('two transcripts of a call', `${transcript(call('dora'))} ${transcript(call('dora'))}`);
correct(
  'a transcript with numbers that are none',
  transcript(call('dora'), "'My number is 12, and 1+1234 is more; call 112.'"),
);
correct(
  'retention deletes what is over and nothing else',
  `update provider_configs set transcript_retention_days = 1; ${transcript(call('dora'), "'old'", "now() - interval '25 h'")} select voicesurvey.delete_expired_transcripts();`,
  "(select array_agg(transcript_text) = '{Do you agree? Yes.}' from transcript_snippets)",
);
correct(
  'retention in steps',
  `update provider_configs set transcript_retention_days = 1; ${transcript(call('dora'), "'1'", "now() - interval '2 d'").repeat(3)} select voicesurvey.delete_expired_transcripts(2);`,
  '(select count(*) = 2 from transcript_snippets)',
);
correct('retention by hand', 'delete from transcript_snippets;');
correct(
  'retention without a provider deletes nothing',
  `delete from provider_configs; select voicesurvey.delete_expired_transcripts();`,
  '(select count(*) = 1 from transcript_snippets)',
);
for (const person of [
  'ada',
  'ben',
  'cleo',
  'dora',
  'emil',
  'fred',
  'gina',
  'hugo',
  'jack',
  'kate',
  'lena',
  'mona',
  'sam',
] as const) {
  correct(
    `${person} is erased`,
    `delete from contacts where phone_number = '${PHONES[person]}';`,
    `not exists (select from call_attempts where contact_id = :${person}) and not exists (select from events where contact_id = :${person})
       and not ${listed(PHONES[person])}`,
  );
}
correct(
  'everybody is erased at once',
  'delete from contacts;',
  'not exists (select from call_attempts) and not exists (select from events) and not exists (select from email_notifications) and not exists (select from transcript_snippets)',
);
correct(
  'who is on the list is erased and stays on it',
  'delete from contacts where id = :ines;',
  listed(PHONES.ines),
);
correct(
  'who asked not to be called is erased and is on the list',
  `delete from exclusion_list_entries; delete from contacts where id = :ines;`,
  listed(PHONES.ines),
);
correct(
  'who was excluded for another reason is erased and is on the list',
  "update contacts set state = 'excluded' where id = :ada; delete from contacts where id = :ada;",
  listed(PHONES.ada),
);
correct(
  'who asked not to be called is on the list when the whole campaign is deleted',
  `update contacts set do_not_call = true where id in (:ada, :dora); update contacts set state = 'excluded' where id = :gina;
   ${move('survey', 'paused')} delete from campaigns where id = :survey;`,
  `${listed(PHONES.ada)} and ${listed(PHONES.dora)} and not ${listed(PHONES.gina)}`,
);
correct(
  'a transcript is written before its call',
  `insert into transcript_snippets (call_attempt_id, transcript_text) values (:new_call_of_ada, 'Yes.');
   ${claim('ada')} ${answer('new_call_of_ada')}`,
);
correct(
  'who asked for it in a call is erased in it',
  `update contacts set do_not_call = true where id = :ben; delete from contacts where id = :ben;`,
  listed(PHONES.ben),
);
correct(
  'an erased person who is imported again is excluded',
  `delete from exclusion_list_entries; delete from contacts where id = :ines; insert into contacts (campaign_id, phone_number) values (:survey, '${PHONES.ines}');`,
  `(select state = 'excluded' from contacts where phone_number = '${PHONES.ines}')`,
);
correct(
  'who was excluded in a call is erased',
  `${exclude(PHONES.ben)} delete from contacts where id = :ben;`,
  listed(PHONES.ben),
);
correct(
  'a person is erased from a campaign that is paused',
  `${move('survey', 'paused')} delete from contacts where id = :dora;`,
);
correct(
  'a person is erased from the bottom up',
  `delete from email_notifications where contact_id = :dora; delete from events where contact_id = :dora; delete from survey_responses where contact_id = :dora; delete from transcript_snippets; delete from call_attempts where contact_id = :dora; delete from contacts where id = :dora;`,
);
correct(
  'a name and an address are taken out alone',
  'update contacts set email = null, external_contact_id = null where id = :dora;',
);
correct(
  'an erased person is erased everywhere',
  `insert into contacts (campaign_id, phone_number) values (:plain, '${PHONES.dora}'); delete from contacts where phone_number = '${PHONES.dora}';`,
  `not exists (select from contacts where phone_number = '${PHONES.dora}')`,
);
correct(
  'who was erased is imported again under the same id, and completes',
  `delete from survey_responses where contact_id = :dora; set constraints all immediate; delete from contacts where id = :dora;
   ${list('dora', PHONES.dora)} set constraints all deferred; ${claim('dora', {}, call('dora'))} ${answer(call('dora'))}
   ${end(call('dora'), 'completed', "now() + interval '30 s'")} ${answers('dora', call('dora'))} ${leave('dora', 'completed')}`,
);
