-- The seed of voicesurvey-db: eighteen rows for development and tests.
--
-- Three users, one of each role. Five e-mail templates. The provider configuration. One campaign in draft with its
-- three templates, and five contacts of it, one of them excluded. Three exclusion entries, one of each source.
-- They comply with every rule of the product.
--
-- Every row has a fixed id, from 5eed0001-... for users to 5eed0006-... for exclusion entries. A second run changes no
-- row, not even an updated_at, and a row that has changed since stays as it is:
--   - "where not exists" skips the rows that exist, before a trigger could see them.
--   - "on conflict do nothing" handles two concurrent runs, and an existing row with the same e-mail address or number,
--     or an existing provider configuration. The existing row stays and the row of the seed is skipped. If another row
--     of the seed references the skipped row, its foreign key fails.
-- A row that was deleted is inserted again. Rows are inserted in the order of their ids, so that two concurrent runs
-- queue and do not deadlock.
--
-- Telephone numbers and addresses are fictitious. The numbers are of ranges reserved for fiction (+1 202 555 01xx and
-- +44 7700 900xxx). The domains do not exist (.local) or are reserved (example.com).

set search_path = pg_catalog, pg_temp;


insert into public.users (
  id,
  oidc_sub,
  email,
  name,
  role
)
select
  seed.id::uuid,
  seed.oidc_sub,
  seed.email,
  seed.name,
  seed.role::public.user_role
from (
  values
    ('5eed0001-0000-4000-8000-000000000001', 'seed-admin', 'admin@voicesurvey.local', 'Ada Admin', 'admin'),
    ('5eed0001-0000-4000-8000-000000000002', 'seed-manager', 'manager@voicesurvey.local', 'Mara Manager', 'campaign_manager'),
    ('5eed0001-0000-4000-8000-000000000003', 'seed-viewer', 'viewer@voicesurvey.local', 'Vito Viewer', 'viewer')
) as seed (id, oidc_sub, email, name, role)
where not exists (
  select from public.users as present where present.id = seed.id::uuid
)
order by seed.id
on conflict do nothing;


insert into public.email_templates (
  id,
  name,
  type,
  locale,
  subject,
  body_html,
  body_text
)
select
  seed.id::uuid,
  seed.name,
  seed.type::public.email_template_type,
  seed.locale::public.campaign_language,
  seed.subject,
  seed.body_html,
  seed.body_text
from (
  values
    (
      '5eed0002-0000-4000-8000-000000000001',
      'Survey completed (English)',
      'completed',
      'en',
      'Thank you for taking part in our survey',
      '<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Thank you for taking part in our survey</title>
</head>
<body>
<p>Hello,</p>
<p>Thank you for answering our three questions on the telephone. Your answers help us to serve you better.</p>
<p>If you have a question about the survey, or want your answers erased, just reply to this e-mail.</p>
<p>Kind regards,<br>the customer service team</p>
</body>
</html>
',
      'Hello,

Thank you for answering our three questions on the telephone. Your answers help us to serve you better.

If you have a question about the survey, or want your answers erased, just reply to this e-mail.

Kind regards,
the customer service team
'
    ),
    (
      '5eed0002-0000-4000-8000-000000000002',
      'Sondaggio completato (italiano)',
      'completed',
      'it',
      'Grazie per aver partecipato al nostro sondaggio',
      '<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<title>Grazie per aver partecipato al nostro sondaggio</title>
</head>
<body>
<p>Buongiorno,</p>
<p>grazie per aver risposto al telefono alle nostre tre domande. Le sue risposte ci aiutano a migliorare il servizio.</p>
<p>Se ha domande sul sondaggio, o desidera che le sue risposte vengano cancellate, può semplicemente rispondere a questa e-mail.</p>
<p>Cordiali saluti,<br>il servizio clienti</p>
</body>
</html>
',
      'Buongiorno,

grazie per aver risposto al telefono alle nostre tre domande. Le sue risposte ci aiutano a migliorare il servizio.

Se ha domande sul sondaggio, o desidera che le sue risposte vengano cancellate, può semplicemente rispondere a questa e-mail.

Cordiali saluti,
il servizio clienti
'
    ),
    (
      '5eed0002-0000-4000-8000-000000000003',
      'Survey refused (English)',
      'refused',
      'en',
      'We will not call you again about our survey',
      '<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>We will not call you again about our survey</title>
</head>
<body>
<p>Hello,</p>
<p>When we called, you said that you do not wish to take part in our survey. We respect that and will not call you about it again.</p>
<p>If you want us to erase your contact details as well, just reply to this e-mail.</p>
<p>Kind regards,<br>the customer service team</p>
</body>
</html>
',
      'Hello,

When we called, you said that you do not wish to take part in our survey. We respect that and will not call you about it again.

If you want us to erase your contact details as well, just reply to this e-mail.

Kind regards,
the customer service team
'
    ),
    (
      '5eed0002-0000-4000-8000-000000000004',
      'Sondaggio rifiutato (italiano)',
      'refused',
      'it',
      'Non la chiameremo più per il nostro sondaggio',
      '<!doctype html>
<html lang="it">
<head>
<meta charset="utf-8">
<title>Non la chiameremo più per il nostro sondaggio</title>
</head>
<body>
<p>Buongiorno,</p>
<p>quando l''abbiamo chiamata ci ha detto che non desidera partecipare al nostro sondaggio. Rispettiamo la sua scelta e non la chiameremo più per questo motivo.</p>
<p>Se desidera che cancelliamo anche i suoi dati di contatto, può semplicemente rispondere a questa e-mail.</p>
<p>Cordiali saluti,<br>il servizio clienti</p>
</body>
</html>
',
      'Buongiorno,

quando l''abbiamo chiamata ci ha detto che non desidera partecipare al nostro sondaggio. Rispettiamo la sua scelta e non la chiameremo più per questo motivo.

Se desidera che cancelliamo anche i suoi dati di contatto, può semplicemente rispondere a questa e-mail.

Cordiali saluti,
il servizio clienti
'
    ),
    (
      '5eed0002-0000-4000-8000-000000000005',
      'Survey not reached (English)',
      'not_reached',
      'en',
      'We tried to call you for our survey',
      '<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>We tried to call you for our survey</title>
</head>
<body>
<p>Hello,</p>
<p>We tried to call you for a short survey about our service, and could not reach you. We will not try again.</p>
<p>If you want to tell us what you think all the same, just reply to this e-mail; we read every answer.</p>
<p>Kind regards,<br>the customer service team</p>
</body>
</html>
',
      'Hello,

We tried to call you for a short survey about our service, and could not reach you. We will not try again.

If you want to tell us what you think all the same, just reply to this e-mail; we read every answer.

Kind regards,
the customer service team
'
    )
) as seed (id, name, type, locale, subject, body_html, body_text)
where not exists (
  select from public.email_templates as present where present.id = seed.id::uuid
)
order by seed.id
on conflict do nothing;


insert into public.provider_configs (
  id,
  provider_type,
  provider_name,
  outbound_number,
  max_concurrent_calls,
  llm_provider,
  llm_model,
  recording_retention_days,
  transcript_retention_days
)
select
  '5eed0003-0000-4000-8000-000000000001',
  'telephony_api',
  'twilio',
  '+12025550100',
  5,
  'openai',
  'gpt-4.1-mini',
  180,
  180
where not exists (
  select from public.provider_configs as present where present.id = '5eed0003-0000-4000-8000-000000000001'
)
on conflict do nothing;


insert into public.campaigns (
  id,
  name,
  description,
  status,
  language,
  intro_script,
  question_1_text,
  question_1_type,
  question_2_text,
  question_2_type,
  question_3_text,
  question_3_type,
  max_attempts,
  retry_interval_minutes,
  allowed_call_start_local,
  allowed_call_end_local,
  email_completed_template_id,
  email_refused_template_id,
  email_not_reached_template_id,
  created_by_user_id
)
select
  '5eed0004-0000-4000-8000-000000000001',
  'Customer Satisfaction Survey Q1 2025',
  'How satisfied customers were with our service in the first quarter of 2025.',
  'draft',
  'en',
  'Hello, I am an automated voice assistant calling on behalf of the customer service team. '
    'We are asking our customers three short questions about our service; it takes about two minutes. '
    'The call is recorded, your answers are used for this survey only, and you may stop at any time. '
    'Do you agree to take part?',
  'On a scale from 1 to 10, where 10 is best, how satisfied are you with our service?',
  'scale',
  'How many times have you contacted our customer service in the last three months?',
  'numeric',
  'What is the one thing that we should do better?',
  'free_text',
  3,
  60,
  '09:00',
  '20:00',
  '5eed0002-0000-4000-8000-000000000001',
  '5eed0002-0000-4000-8000-000000000003',
  '5eed0002-0000-4000-8000-000000000005',
  '5eed0001-0000-4000-8000-000000000002'
where not exists (
  select from public.campaigns as present where present.id = '5eed0004-0000-4000-8000-000000000001'
)
on conflict do nothing;


insert into public.contacts (
  id,
  campaign_id,
  external_contact_id,
  phone_number,
  email,
  preferred_language,
  has_prior_consent,
  do_not_call,
  state
)
select
  seed.id::uuid,
  '5eed0004-0000-4000-8000-000000000001',
  seed.external_contact_id,
  seed.phone_number,
  seed.email,
  seed.preferred_language::public.contact_language,
  seed.has_prior_consent,
  seed.do_not_call,
  seed.state::public.contact_state
from (
  values
    ('5eed0005-0000-4000-8000-000000000001', 'CRM-1001', '+12025550111', 'olivia@example.com', 'auto', true, false, 'pending'),
    ('5eed0005-0000-4000-8000-000000000002', 'CRM-1002', '+12025550112', 'noah@example.com', 'en', true, false, 'pending'),
    ('5eed0005-0000-4000-8000-000000000003', 'CRM-1003', '+447700900113', 'giulia@example.com', 'it', true, false, 'pending'),
    ('5eed0005-0000-4000-8000-000000000004', null, '+447700900114', null, 'auto', false, false, 'pending'),
    ('5eed0005-0000-4000-8000-000000000005', 'CRM-1005', '+12025550115', 'liam@example.com', 'auto', false, true, 'excluded')
) as seed (
  id,
  external_contact_id,
  phone_number,
  email,
  preferred_language,
  has_prior_consent,
  do_not_call,
  state
)
where not exists (
  select from public.contacts as present where present.id = seed.id::uuid
)
order by seed.id
on conflict do nothing;


-- The last number is the number of the excluded contact.

insert into public.exclusion_list_entries (
  id,
  phone_number,
  reason,
  source
)
select
  seed.id::uuid,
  seed.phone_number,
  seed.reason,
  seed.source::public.exclusion_source
from (
  values
    ('5eed0006-0000-4000-8000-000000000001', '+12025550198', 'On the national do-not-call register', 'import'),
    ('5eed0006-0000-4000-8000-000000000002', '+447700900199', 'Objected by the form on the web site', 'api'),
    ('5eed0006-0000-4000-8000-000000000003', '+12025550115', 'Asked customer service not to be called', 'manual')
) as seed (id, phone_number, reason, source)
where not exists (
  select from public.exclusion_list_entries as present where present.id = seed.id::uuid
)
order by seed.id
on conflict do nothing;


reset search_path;
