import { attemptOf, insertEmail, insertEvent, setState } from './steps.js';
import { correct, forbidden } from './writes.js';

const toEmil = insertEmail('event_of_emil', 'emil', 'sorry');

forbidden(
  'a second e-mail for an event',
  insertEmail('event_of_dora', 'dora', 'thanks'),
  'an_event_sends_one_email',
  '23505',
);
forbidden(
  'two e-mails for an event in one statement',
  `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email) select :event_of_emil, :emil, :survey, :sorry, 'emil@example.com' from generate_series(1, 2);`,
  'an_event_sends_one_email',
  '23505',
);
forbidden(
  'an e-mail from a completed template for a refused event',
  insertEmail('event_of_emil', 'emil', 'thanks'),
  'an_email_uses_a_template_of_its_events_type',
);
forbidden(
  'an e-mail in a language that is neither that of the contact nor that of the campaign',
  `update email_templates set locale = 'it' where id = :spare; ${insertEmail('event_of_emil', 'emil', 'spare')}`,
  'an_email_is_in_its_contacts_or_campaigns_language',
);
forbidden(
  'an e-mail to the address of another contact',
  insertEmail('event_of_emil', 'emil', 'sorry', { to: 'kate@example.com' }),
  'an_email_goes_to_its_contacts_address',
);
forbidden(
  "an e-mail that names a contact other than its event's",
  insertEmail('event_of_emil', 'kate', 'sorry'),
  'an_email_belongs_to_its_events_contact',
);
forbidden(
  "an e-mail that names a campaign other than its event's",
  insertEmail('event_of_emil', 'emil', 'sorry', { campaign: 'plain' }),
  'an_email_belongs_to_its_events_contact',
);
forbidden(
  'an e-mail to what is not an address',
  insertEmail('event_of_emil', 'emil', 'sorry', { to: 'nobody' }),
  'to_email_looks_like_an_address',
);
forbidden(
  'an e-mail to two addresses',
  insertEmail('event_of_emil', 'emil', 'sorry', { to: 'emil@example.com, kate@example.com' }),
  'to_email_looks_like_an_address',
);
forbidden(
  'an e-mail to a contact without an address',
  `${setState('ben', 'refused')} update call_attempts set ended_at = now(), outcome = 'refused' where id = :${attemptOf('ben')};
   ${insertEvent('refused', 'ben', attemptOf('ben'))} update contacts set email = null where id = :ben; ${insertEmail('new_event_of_ben', 'ben', 'sorry')}`,
  'an_email_goes_to_its_contacts_address',
);
forbidden(
  'an e-mail whose event does not exist',
  insertEmail('new_event', 'emil', 'sorry'),
  'notification_belongs_to_an_event',
  '23503',
);
forbidden(
  'an e-mail whose template does not exist',
  insertEmail('event_of_emil', 'emil', 'new_template'),
  'template_of_a_notification_exists',
  '23503',
);
for (const status of ['pending', 'failed']) {
  forbidden(
    `a sent e-mail that becomes ${status}`,
    `update email_notifications set status = '${status}' where id = :email_to_dora;`,
    'a_sent_email_never_changes',
  );
}
for (const what of [
  "to_email = 'lena@example.com'",
  'template_id = :grazie',
  "provider_message_id = 'other'",
  'provider_message_id = null',
]) {
  forbidden(
    `an update of a sent e-mail that sets ${what}`,
    `update email_notifications set ${what} where id = :email_to_dora;`,
    'a_sent_email_never_changes',
  );
}
for (const what of ['event_id = :event_of_emil', 'contact_id = :kate', 'campaign_id = :plain']) {
  forbidden(
    `an update of a pending e-mail that sets ${what}`,
    `update email_notifications set ${what} where id = :email_to_lena;`,
    'an_email_keeps_its_event',
  );
}
forbidden(
  'a deletion of a sent e-mail without its contact',
  'delete from email_notifications where id = :email_to_dora;',
  'a_sent_email_is_deleted_only_with_its_contact',
);
forbidden(
  'a sent e-mail that is deleted and inserted again',
  `delete from email_notifications where id = :email_to_dora; ${insertEmail('event_of_dora', 'dora', 'thanks')}`,
  'a_sent_email_is_deleted_only_with_its_contact',
);
forbidden(
  'a pending e-mail whose address is changed to that of another contact',
  "update email_notifications set to_email = 'dora@example.com' where id = :email_to_lena;",
  'an_email_goes_to_its_contacts_address',
);
forbidden(
  'a pending e-mail whose template is changed to one of another type',
  'update email_notifications set template_id = :sorry where id = :email_to_lena;',
  'an_email_uses_a_template_of_its_events_type',
);
forbidden(
  'a deletion of a template that an e-mail uses',
  `${toEmil} update campaigns set email_refused_template_id = null where id = :survey; delete from email_templates where id = :sorry;`,
  'template_of_a_notification_exists',
  '23503',
);

correct("an e-mail from the campaign's template", toEmil);
correct("an e-mail from another template of the event's type", insertEmail('event_of_emil', 'emil', 'spare'));
correct(
  "an e-mail in the contact's preferred language",
  `update contacts set preferred_language = 'it' where id = :dora; delete from email_notifications where id = :email_to_lena; update contacts set preferred_language = 'it' where id = :lena; ${insertEmail('event_of_lena', 'lena', 'grazie')}`,
);
correct(
  "an e-mail in the campaign's language to a contact who prefers another",
  `update contacts set preferred_language = 'it' where id = :emil; ${toEmil}`,
);
correct(
  'an e-mail that is inserted before its event, in one transaction',
  `${insertEmail('new_event_of_kate', 'kate', 'sorry')} ${insertEvent('refused', 'kate', attemptOf('kate'))}`,
);
correct(
  'an e-mail that fails, becomes pending again and is sent',
  `${toEmil} update email_notifications set status = 'failed', error_message = '451' where id = :new_email_to_emil; update email_notifications set status = 'pending' where id = :new_email_to_emil; update email_notifications set status = 'sent', provider_message_id = 'm', error_message = null where id = :new_email_to_emil;`,
);
correct(
  'a provider_message_id that is set after the e-mail was sent',
  `update email_notifications set status = 'sent' where id = :email_to_lena; update email_notifications set provider_message_id = 'late' where id = :email_to_lena;`,
);
correct(
  'a pending e-mail that goes to the corrected address of its contact',
  "update contacts set email = 'new@example.com' where id = :lena; update email_notifications set to_email = 'new@example.com' where id = :email_to_lena;",
);
correct(
  'a change of address after the e-mail was sent',
  "update contacts set email = 'new@example.com' where id = :dora;",
);
correct('a deletion of a pending e-mail', 'delete from email_notifications where id = :email_to_lena;');
correct(
  'a second run of the job that inserts e-mails',
  `insert into email_notifications (event_id, contact_id, campaign_id, template_id, to_email) values (:event_of_dora, :dora, :survey, :thanks, 'dora@example.com') on conflict (event_id) do nothing;`,
  '(select count(*) = 2 from email_notifications)',
);
correct(
  'a deletion of a contact deletes its sent e-mail',
  'delete from contacts where id = :dora;',
  'not exists (select from email_notifications where id = :email_to_dora)',
);
