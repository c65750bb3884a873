import { insertContact, insertDraft, listNumber } from './steps.js';
import { correct, forbidden } from './writes.js';

const user = (email: string, name = "'New'", sub = "'new'"): string =>
  `insert into users (oidc_sub, email, name) values (${sub}, ${email}, ${name});`;
const template = (subject: string, name = "'New'", body = "'<p>a</p>'"): string =>
  `insert into email_templates (name, type, subject, body_html) values (${name}, 'completed', ${subject}, ${body});`;

for (const phone of [
  '+1234567',
  '+1234567890123456',
  '+0123456789',
  '1234567890',
  '00491234567',
  '+49 123 4567',
  '+49-1234567',
  '+4912345x7',
  '',
  ' +491234567',
  '+491234567 ',
  '++491234567',
  '+４９１２３４５６７',
  'tel:+491234567',
]) {
  const broken = phone === '+1234567' ? '+123456' : phone;
  forbidden(
    `the contact's number "${broken}", which is not E.164`,
    insertContact('new', broken),
    'phone_number_of_a_contact_is_e164',
  );
}
forbidden(
  "a contact's number that ends in a line feed",
  "insert into contacts (campaign_id, phone_number) values (:survey, E'+491234567\\n');",
  'phone_number_of_a_contact_is_e164',
);
forbidden('an excluded number that is not E.164', listNumber('0891234567'), 'excluded_number_is_e164');
forbidden(
  'an outbound number that is not E.164',
  "update provider_configs set outbound_number = 'anonymous';",
  'outbound_number_is_e164',
);
for (const email of [
  "''",
  "'a'",
  "'a@b'",
  "'a b@c.de'",
  "'a@b..de'",
  "'@b.de'",
  "'a@'",
  "'a@b.de, c@d.de'",
  "'a@@b.de'",
  "E'a@b.de\\n'",
  "'.a@b.de'",
  "'a.@b.de'",
  "'a@.b.de'",
  "'a@b.de.'",
  "'New <a@b.de>'",
  "'a@b.de '",
  "E'a@b\\t.de'",
]) {
  forbidden(`the user's e-mail address ${email}`, user(email), 'email_of_a_user_looks_like_an_address');
}
forbidden(
  "an empty text as a contact's e-mail address",
  insertContact('new', '+4920009999', { email: "''" }),
  'email_of_a_contact_looks_like_an_address',
);
forbidden(
  "an update of a contact's e-mail address to a text that is not one",
  "update contacts set email = 'none' where id = :ada;",
  'email_of_a_contact_looks_like_an_address',
);
forbidden(
  "another user with a user's e-mail address in upper case",
  user("'MARA@example.com'"),
  'one_user_per_email_ignoring_case',
  '23505',
);
forbidden(
  "another user with a user's e-mail address",
  user("'mara@example.com'"),
  'one_user_per_email',
  '23505',
);
forbidden(
  'another user with the OIDC subject of a user',
  user("'new@example.com'", "'New'", "'manager'"),
  'one_user_per_oidc_sub',
  '23505',
);
for (const blank of ["''", "' '", "E'\\n'", "U&'\\200b\\00ad'"]) {
  forbidden(`the blank user's name ${blank}`, user("'new@example.com'", blank), 'user_has_a_name');
  forbidden(`the blank template body ${blank}`, template("'a'", "'a'", blank), 'template_has_a_body');
}
forbidden(
  'a user with a blank OIDC subject',
  user("'new@example.com'", "'New'", "' '"),
  'user_has_an_oidc_subject',
);
forbidden('a template with a blank name', template("'a'", "' '"), 'template_has_a_name');
for (const subject of [
  "''",
  "'  '",
  "E'a\\nBcc: b@c.de'",
  "E'a\\rb'",
  "E'a\\r\\nb'",
  "U&'a\\2028b'",
  "U&'a\\2029b'",
  "U&'a\\0085b'",
  "E'a\\x0bb'",
  "E'a\\fb'",
  "U&'\\3000'",
]) {
  forbidden(`the e-mail subject ${subject}`, template(subject), 'subject_is_one_line');
}
forbidden(
  'a provider with a blank name',
  "update provider_configs set provider_name = ' ';",
  'provider_has_a_name',
);
forbidden(
  'a language model with an empty name',
  "update provider_configs set llm_model = '';",
  'language_model_has_a_name',
);
forbidden(
  "an update of a campaign's name to an empty text",
  "update campaigns set name = '' where id = :survey;",
  'campaign_has_a_name',
);

for (const phone of ['+1234567', '+35312345', '+123456789012345']) {
  correct(`the contact's number "${phone}"`, insertContact('new', phone));
}
for (const email of [
  "'a@b.de'",
  "'first.last+tag@sub.example.co.uk'",
  "'UPPER@EXAMPLE.COM'",
  "'o''neil@example.com'",
  "'jörg@müller.de'",
  "'a_b-c@d-e.info'",
]) {
  correct(`the user's e-mail address ${email}`, user(email));
}
correct('a contact without an e-mail address', 'update contacts set email = null where id = :ada;');
correct(
  'two contacts with the same e-mail address',
  insertContact('new', '+4920009999', { email: "'ada@example.com'" }),
);
correct("a user's name in Chinese characters", user("'new@example.com'", "'李'"));
correct('an e-mail subject with a tab and umlauts', template("E'Für\\tSie'"));
correct('a template without a plain-text body', template("'a'"));
correct(
  'campaigns with 1 and with 5 attempts',
  `${insertDraft('new1', { max_attempts: '1' })} ${insertDraft('new2', { max_attempts: '5' })}`,
);
