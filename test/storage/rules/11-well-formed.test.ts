import { draft, exclude, list } from './steps.js';
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
  forbidden(`a contact's number "${broken}"`, list('new', broken), 'phone_number_of_a_contact_is_e164');
}
forbidden(
  'a number with a line end',
  "insert into contacts (campaign_id, phone_number) values (:survey, E'+491234567\\n');",
  'phone_number_of_a_contact_is_e164',
);
forbidden('an excluded number that is none', exclude('0891234567'), 'excluded_number_is_e164');
forbidden(
  'an outbound number that is none',
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
  forbidden(`a user's address ${email}`, user(email), 'email_of_a_user_looks_like_one');
}
forbidden(
  "a contact's address that is none",
  list('new', '+4920009999', { email: "''" }),
  'email_of_a_contact_looks_like_one',
);
forbidden(
  "a contact's address that is changed to none",
  "update contacts set email = 'none' where id = :ada;",
  'email_of_a_contact_looks_like_one',
);
forbidden(
  "a user's address in another case",
  user("'MARA@example.com'"),
  'one_user_per_email_whatever_the_case',
  '23505',
);
forbidden("a user's address twice", user("'mara@example.com'"), 'one_user_per_email', '23505');
forbidden(
  'a subject of the identity provider twice',
  user("'new@example.com'", "'New'", "'manager'"),
  'one_user_per_oidc_sub',
  '23505',
);
for (const blank of ["''", "' '", "E'\\n'", "U&'\\200b\\00ad'"]) {
  forbidden(`a user's name ${blank}`, user("'new@example.com'", blank), 'user_has_a_name');
  forbidden(`an e-mail's body ${blank}`, template("'a'", "'a'", blank), 'template_has_a_body');
}
forbidden('a user without a subject', user("'new@example.com'", "'New'", "' '"), 'user_has_an_oidc_subject');
forbidden('a template without a name', template("'a'", "' '"), 'template_has_a_name');
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
  forbidden(`a subject ${subject}`, template(subject), 'subject_is_one_line');
}
forbidden(
  'a provider without a name',
  "update provider_configs set provider_name = ' ';",
  'provider_has_a_name',
);
forbidden(
  'a model without a name',
  "update provider_configs set llm_model = '';",
  'language_model_has_a_name',
);
forbidden(
  'a campaign whose name is changed to nothing',
  "update campaigns set name = '' where id = :survey;",
  'campaign_has_a_name',
);

for (const phone of ['+1234567', '+35312345', '+123456789012345']) {
  correct(`a contact's number "${phone}"`, list('new', phone));
}
for (const email of [
  "'a@b.de'",
  "'first.last+tag@sub.example.co.uk'",
  "'UPPER@EXAMPLE.COM'",
  "'o''neil@example.com'",
  "'jörg@müller.de'",
  "'a_b-c@d-e.info'",
]) {
  correct(`an address ${email}`, user(email));
}
correct('a contact without an address', 'update contacts set email = null where id = :ada;');
correct('two contacts with one address', list('new', '+4920009999', { email: "'ada@example.com'" }));
correct('a name of any script', user("'new@example.com'", "'李'"));
correct('a subject with a tab and umlauts', template("E'Für\\tSie'"));
correct('a template without a plain text', template("'a'"));
correct(
  'a campaign of one attempt and one of five',
  `${draft('new1', { max_attempts: '1' })} ${draft('new2', { max_attempts: '5' })}`,
);
