import { call, leave, tell, write } from './steps.js';
import { correct, forbidden } from './writes.js';

const toEmil = write('event_of_emil', 'emil', 'sorry');

forbidden(
  'a second e-mail for an event',
  write('event_of_dora', 'dora', 'thanks'),
  'an_event_sends_one_email',
  '23505',
);
forbidden(
  'two e-mails in one statement',
  `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email) select :event_of_emil, :emil, :survey, :sorry, 'emil@example.com' from generate_series(1, 2);`,
  'an_event_sends_one_email',
  '23505',
);
forbidden('an e-mail of another kind', write('event_of_emil', 'emil', 'thanks'), 'an_email_is_its_events');
forbidden(
  'an e-mail in a language that nobody chose',
  `update email_templates set locale = 'it' where id = :spare; ${write('event_of_emil', 'emil', 'spare')}`,
  'an_email_is_its_events',
);
forbidden(
  'an e-mail to another address',
  write('event_of_emil', 'emil', 'sorry', { to: 'kate@example.com' }),
  'an_email_is_its_events',
);
forbidden('an e-mail to another contact', write('event_of_emil', 'kate', 'sorry'), 'an_email_is_its_events');
forbidden(
  'an e-mail in another campaign',
  write('event_of_emil', 'emil', 'sorry', { campaign: 'plain' }),
  'an_email_is_its_events',
);
forbidden(
  'an e-mail to nobody',
  write('event_of_emil', 'emil', 'sorry', { to: 'nobody' }),
  'email_goes_to_what_looks_like_an_address',
);
forbidden(
  'an e-mail to two',
  write('event_of_emil', 'emil', 'sorry', { to: 'emil@example.com, kate@example.com' }),
  'email_goes_to_what_looks_like_an_address',
);
forbidden(
  'an e-mail to who has no address',
  `${leave('ben', 'refused')} update call_attempts set ended_at = now(), outcome = 'refused' where id = :${call('ben')};
   ${tell('refused', 'ben', call('ben'))} update contacts set email = null where id = :ben; ${write('new_event_of_ben', 'ben', 'sorry')}`,
  'an_email_is_its_events',
);
forbidden(
  'an e-mail without its event',
  write('new_event', 'emil', 'sorry'),
  'notification_belongs_to_an_event',
  '23503',
);
forbidden(
  'an e-mail without its template',
  write('event_of_emil', 'emil', 'new_template'),
  'template_of_a_notification_exists',
  '23503',
);
for (const status of ['pending', 'failed']) {
  forbidden(
    `what was sent is ${status} again`,
    `update email_notifications set status = '${status}' where id = :email_to_dora;`,
    'what_is_sent_stays_sent',
  );
}
for (const what of [
  "to_email = 'lena@example.com'",
  'template_id = :grazie',
  "provider_message_id = 'other'",
  'provider_message_id = null',
]) {
  forbidden(
    `what was sent has another ${what}`,
    `update email_notifications set ${what} where id = :email_to_dora;`,
    'what_is_sent_stays_sent',
  );
}
for (const what of ['event_id = :event_of_emil', 'contact_id = :kate', 'campaign_id = :plain']) {
  forbidden(
    `an e-mail's ${what}`,
    `update email_notifications set ${what} where id = :email_to_lena;`,
    'an_email_keeps_its_event',
  );
}
forbidden(
  'what was sent is deleted',
  'delete from email_notifications where id = :email_to_dora;',
  'a_sent_email_goes_with_its_contact',
);
forbidden(
  'what was sent is deleted and written again',
  `delete from email_notifications where id = :email_to_dora; ${write('event_of_dora', 'dora', 'thanks')}`,
  'a_sent_email_goes_with_its_contact',
);
forbidden(
  'an e-mail that is corrected to another address',
  "update email_notifications set to_email = 'dora@example.com' where id = :email_to_lena;",
  'a_changed_email_is_its_events',
);
forbidden(
  'an e-mail that is changed to another kind',
  'update email_notifications set template_id = :sorry where id = :email_to_lena;',
  'a_changed_email_is_its_events',
);
forbidden(
  'a template that an e-mail uses',
  `${toEmil} update campaigns set email_refused_template_id = null where id = :survey; delete from email_templates where id = :sorry;`,
  'template_of_a_notification_exists',
  '23503',
);

correct('the e-mail of an event', toEmil);
correct('from another template of the kind', write('event_of_emil', 'emil', 'spare'));
correct(
  "in the contact's own language",
  `update contacts set preferred_language = 'it' where id = :dora; delete from email_notifications where id = :email_to_lena; update contacts set preferred_language = 'it' where id = :lena; ${write('event_of_lena', 'lena', 'grazie')}`,
);
correct(
  "in the campaign's language for who prefers another",
  `update contacts set preferred_language = 'it' where id = :emil; ${toEmil}`,
);
correct(
  'the event and its e-mail in one transaction, the e-mail first',
  `${write('new_event_of_kate', 'kate', 'sorry')} ${tell('refused', 'kate', call('kate'))}`,
);
correct(
  'an e-mail that fails and is tried again',
  `${toEmil} update email_notifications set status = 'failed', error_message = '451' where id = :new_email_to_emil; update email_notifications set status = 'pending' where id = :new_email_to_emil; update email_notifications set status = 'sent', provider_message_id = 'm', error_message = null where id = :new_email_to_emil;`,
);
correct(
  'what was sent hears of its message later',
  `update email_notifications set status = 'sent' where id = :email_to_lena; update email_notifications set provider_message_id = 'late' where id = :email_to_lena;`,
);
correct(
  'an e-mail that waits goes to the corrected address',
  "update contacts set email = 'new@example.com' where id = :lena; update email_notifications set to_email = 'new@example.com' where id = :email_to_lena;",
);
correct(
  'an address that changes after the e-mail',
  "update contacts set email = 'new@example.com' where id = :dora;",
);
correct('an e-mail that waits is dropped', 'delete from email_notifications where id = :email_to_lena;');
correct(
  'a job that runs twice',
  `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email) values (:event_of_dora, :dora, :survey, :thanks, 'dora@example.com') on conflict (event_id) do nothing;`,
  '(select count(*) = 2 from email_notifications)',
);
correct(
  'what was sent goes with its contact',
  'delete from contacts where id = :dora;',
  'not exists (select from email_notifications where id = :email_to_dora)',
);
