-- Synthetic data: one campaign with its contacts and everything that happened to them.
--
-- Runs after start.sql; two sessions may run it at the same time for different campaigns. The setting voicesurvey.synthetic
-- has, in addition, the number of all campaigns (campaigns), and which one this is (campaign, from 0). Returns how many rows
-- of each table were added.
--
-- The rows are written as the rules let late reports be written: a campaign begins as a draft and its contacts as pending.
-- Times in the past are legal. Rules 3, 5 and 13 forbid the future, and a call's own start must be in the calling hours of a
-- campaign that runs when the call is inserted. Each call is inserted with its end, and then its contact follows.

set local search_path = pg_catalog, pg_temp;

-- The plans below look rows up by key. The statistics of the tables are older than this campaign, so they would mislead.
set local enable_hashjoin = off;
set local enable_mergejoin = off;
set local jit = off;

-- The functions of the rules run tens of thousands of times. Otherwise some of their queries would be planned for each call.
set local plan_cache_mode = force_generic_plan;


-- The campaign. Twelve kinds repeat. Calling days are ISO weekdays. Days are counted back from the day of "until".

create temporary table synthetic_campaign on commit drop as
select
  run.*,
  kind.*,
  (substr(hex, 1, 12) || '4' || substr(hex, 14, 3) || '8' || substr(hex, 18, 15))::uuid as id,
  1 + (run.campaign::bigint * run.contacts / run.campaigns)::integer as first_contact,
  ((run.campaign + 1)::bigint * run.contacts / run.campaigns)::integer as last_contact,
  kind.title || ', wave ' || run.campaign / 12 + 1 as name,
  format(
    'Synthetic data, seed %s, %s contacts, until %s: campaign %s of %s.',
    run.seed,
    run.contacts,
    to_char(run.until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    run.campaign + 1,
    run.campaigns
  ) as description,
  array(
    select day::date
    from generate_series(
      date_trunc('day', run.until at time zone kind.zone) - kind.first_day * interval '1 day',
      date_trunc('day', run.until at time zone kind.zone) - kind.last_day * interval '1 day',
      interval '1 day'
    ) as day
    where coalesce(extract(isodow from day)::integer = any (kind.calling_days::integer[]), true)
    order by day
  ) as days
from jsonb_to_record(current_setting('voicesurvey.synthetic')::jsonb)
  as run (seed bigint, contacts integer, until timestamptz, campaigns integer, campaign integer)
cross join lateral encode(
  sha256(convert_to(format('%s %s %s campaign %s', seed, contacts, extract(epoch from until), campaign), 'UTF8')),
  'hex'
) as hex
join (
  values
    (0, 'running', 'uk', 'Water supply', 'Bluebell Water', 'Europe/London', '00:00', '23:59:59.999999', null, 3, 120, 24, 1),
    (1, 'completed', 'it', 'Acqua potabile', 'Acquachiara', 'Europe/Rome', '09:00', '20:00', '{1,2,3,4,5}', 2, 240, 100, 75),
    (2, 'running', 'uk', 'Home broadband', 'Northgate Broadband', 'Europe/London', '09:00', '20:00', '{1,2,3,4,5,6}', 3, 60, 30, 1),
    (3, 'paused', 'us', 'Furniture delivery', 'Oak and Loom', 'America/New_York', '10:00', '19:30', '{1,2,3,4,5}', 3, 180, 45, 12),
    (4, 'running', 'it', 'Banda larga', 'Rete Serena', 'Europe/Rome', '09:30', '19:30', '{1,2,3,4,5}', 3, 60, 28, 1),
    (5, 'completed', 'uk', 'Boiler service', 'Hearth and Home', 'Europe/London', '09:00', '18:00', '{1,2,3,4,5}', 2, 60, 115, 90),
    (6, 'draft', 'it', 'Assistenza caldaie', 'Casa Calda', 'Europe/Rome', '09:00', '20:00', null, 3, 60, 6, 1),
    (7, 'cancelled', 'uk', 'Savings accounts', 'Larkspur Savings', 'Europe/London', '09:00', '20:00', '{1,2,3,4,5}', 3, 60, 80, 66),
    (8, 'running', 'us', 'Pharmacy by mail', 'Willow Pharmacy', 'America/New_York', '09:00', '20:00', '{1,2,3,4,5,6}', 4, 90, 26, 1),
    (9, 'scheduled', 'uk', 'Garden waste', 'Greenfold District', 'Europe/London', '09:00', '20:00', '{1,2,3,4,5}', 3, 60, 5, 1),
    (10, 'running', 'it', 'Biglietteria ferroviaria', 'Treni del Sole', 'Europe/Rome', '09:00', '21:00', null, 2, 120, 22, 1),
    (11, 'completed', 'uk', 'Train tickets', 'Coastline Rail', 'Europe/London', '08:30', '19:00', null, 2, 120, 60, 40)
) as kind (
  kind, status, country, title, company, zone, window_start, window_end, calling_days, max_attempts, retry_minutes,
  first_day, last_day
)
  on kind.kind = run.campaign % 12;


-- The contacts. "draw" is a number from 0 to 1 that decides how a contact's story goes. The numbers of the United Kingdom and
-- the United States are used again by later campaigns, as a person may be on several lists.

create temporary table synthetic_contacts on commit drop as
select
  person.number,
  person.hash,
  (substr(person.hex, 1, 12) || '4' || substr(person.hex, 14, 3) || '8' || substr(person.hex, 18, 15))::uuid as id,
  pg_temp.synthetic_phone_number(campaign.country, person.slot) as phone_number,
  case
    when get_byte(person.hash, 16) < 205
    then lower(name.first_name || '.' || name.last_name collate "C") || person.number || '@example.'
      || (array['com', 'net', 'org'])[1 + get_byte(person.hash, 17) % 3]
  end as email,
  case
    when campaign.status in ('draft', 'scheduled') then 'new'
    when campaign.campaign = 0 and person.number <= 3 then 'in_call'
    when campaign.status = 'completed'
    then
      case
        when person.draw < 0.40 then 'completed'
        when person.draw < 0.60 then 'refused'
        when person.draw < 0.97 then 'not_reached'
        else 'objected'
      end
    when person.draw < 0.24 then 'completed'
    when person.draw < 0.34 then 'refused'
    when person.draw < 0.42 then 'not_reached'
    when person.draw < 0.58 then 'waiting'
    when person.draw < 0.60 then 'objected'
    else 'new'
  end as life,
  0 as attempts
from synthetic_campaign as campaign
cross join lateral (
  select
    hashed.*,
    encode(hashed.hash, 'hex') as hex,
    (get_byte(hashed.hash, 18) * 256 + get_byte(hashed.hash, 19)) / 65536.0 as draw,
    case campaign.country
      when 'uk' then ((hashed.number::bigint + campaign.seed) * 7919 % 17000)::integer
      when 'us' then ((hashed.number::bigint + campaign.seed) * 7919 % 10000)::integer
      else (campaign.seed % 100 * 10000000 + hashed.number)::integer
    end as slot
  from (
    select
      number,
      sha256(convert_to(
        format('%s %s %s contact %s', campaign.seed, campaign.contacts, extract(epoch from campaign.until), number), 'UTF8'
      )) as hash
    from generate_series(campaign.first_contact, campaign.last_contact) as number
  ) as hashed
) as person
cross join lateral (
  select
    (
      case campaign.country
        when 'it' then array[
          'Alessandro', 'Alice', 'Andrea', 'Anna', 'Beatrice', 'Chiara', 'Davide', 'Elena', 'Federico', 'Francesca',
          'Gabriele', 'Giorgia', 'Giovanni', 'Giulia', 'Ilaria', 'Lorenzo', 'Luca', 'Marco', 'Marta', 'Matteo', 'Paola',
          'Pietro', 'Riccardo', 'Sara', 'Silvia', 'Simone', 'Stefano', 'Tommaso', 'Valentina', 'Vittoria'
        ]
        else array[
          'Adam', 'Alice', 'Amelia', 'Arthur', 'Charlotte', 'Daniel', 'Edward', 'Eleanor', 'Emily', 'Ethan', 'Freya',
          'George', 'Grace', 'Hannah', 'Harry', 'Isla', 'Jack', 'James', 'Joseph', 'Leo', 'Lily', 'Lucy', 'Mia', 'Noah',
          'Oliver', 'Poppy', 'Ruby', 'Samuel', 'Sophie', 'Thomas'
        ]
      end
    )[1 + get_byte(person.hash, 20) % 30] as first_name,
    (
      case campaign.country
        when 'it' then array[
          'Barbieri', 'Bianchi', 'Bruno', 'Caruso', 'Colombo', 'Conti', 'Costa', 'DeLuca', 'Esposito', 'Ferrari',
          'Fontana', 'Galli', 'Gallo', 'Giordano', 'Greco', 'Leone', 'Lombardi', 'Longo', 'Mancini', 'Marino', 'Martini',
          'Moretti', 'Ricci', 'Rinaldi', 'Rizzo', 'Romano', 'Rossi', 'Russo', 'Santoro', 'Serra'
        ]
        else array[
          'Allen', 'Baker', 'Bennett', 'Brown', 'Clark', 'Cooper', 'Davies', 'Evans', 'Foster', 'Green', 'Hall', 'Harris',
          'Hughes', 'Jackson', 'Johnson', 'King', 'Lewis', 'Martin', 'Mitchell', 'Morgan', 'Parker', 'Phillips', 'Price',
          'Roberts', 'Taylor', 'Turner', 'Walker', 'White', 'Wilson', 'Wright'
        ]
      end
    )[1 + get_byte(person.hash, 21) % 30] as last_name
) as name;


insert into public.campaigns (
  id, name, description, status, language, intro_script, question_1_text, question_1_type, question_2_text,
  question_2_type, question_3_text, question_3_type, max_attempts, retry_interval_minutes, allowed_call_start_local,
  allowed_call_end_local, created_by_user_id, created_at
)
select
  id,
  name,
  description,
  'draft',
  case country when 'it' then 'it' else 'en' end::public.campaign_language,
  format(
    case country
      when 'it'
      then 'Buongiorno, sono Giulia, l''assistente vocale automatica di %s. Stiamo rivolgendo ai nostri clienti tre brevi '
        'domande; bastano due minuti. La chiamata viene registrata e può interromperla in ogni momento. Posso iniziare?'
      else 'Hello, this is Alice, the automated voice assistant of %s. We are asking our customers three short questions; it '
        'takes about two minutes. The call is recorded, and you may stop at any time. May I begin?'
    end,
    company
  ),
  case country
    when 'it' then 'Da 1 a 10, dove 10 è il massimo, quanto è soddisfatto del nostro servizio?'
    else 'On a scale from 1 to 10, where 10 is best, how satisfied are you with our service?'
  end,
  'scale',
  case country
    when 'it' then 'Quante volte ci ha contattato negli ultimi tre mesi?'
    else 'How many times have you contacted us in the last three months?'
  end,
  'numeric',
  case country
    when 'it' then 'Qual è la prima cosa che dovremmo migliorare?'
    else 'What is the one thing that we should do better?'
  end,
  'free_text',
  max_attempts,
  retry_minutes,
  window_start::time,
  window_end::time,
  '5eed0001-0000-4000-8000-000000000002',
  (days[1] - 3 + time '10:00') at time zone zone
from synthetic_campaign;

insert into voicesurvey.campaign_settings (campaign_id, time_zone, calling_days)
select id, zone, calling_days::integer[]
from synthetic_campaign;

insert into public.contacts (
  id, campaign_id, external_contact_id, phone_number, email, preferred_language, has_prior_consent, do_not_call, created_at
)
select
  contact.id,
  campaign.id,
  case when contact.number % 3 <> 0 then 'CRM-' || 100000 + contact.number end,
  contact.phone_number,
  contact.email,
  case
    when get_byte(contact.hash, 22) < 200 then 'auto'
    when campaign.country = 'it' then 'it'
    else 'en'
  end::public.contact_language,
  get_byte(contact.hash, 23) < 180,
  get_byte(contact.hash, 24) < 3 and contact.life <> 'in_call',
  (campaign.days[1] - 2 + time '11:00') at time zone campaign.zone
from synthetic_contacts as contact
cross join synthetic_campaign as campaign
order by contact.number;


-- What the import has excluded is not called. The others are called as often as their story needs.

update synthetic_contacts as contact
set life = 'excluded'
from synthetic_campaign as campaign
join public.contacts as imported
  on imported.campaign_id = campaign.id
  and imported.state = 'excluded'
where imported.id = contact.id;

-- Calls that other sessions have open count for the limit.
update synthetic_contacts
set life = 'new'
where life = 'in_call'
  and (
    number > voicesurvey.free_call_slots()
    or exists (
      select
      from public.contacts as other
      join public.call_attempts as open_call
        on open_call.contact_id = other.id
        and open_call.ended_at is null
      where other.phone_number = synthetic_contacts.phone_number
    )
  );

update synthetic_contacts as contact
set attempts = case
    when contact.life = 'not_reached' then campaign.max_attempts
    when contact.life in ('in_call', 'objected') then 1
    when contact.life = 'waiting' then least(case when get_byte(contact.hash, 25) < 180 then 1 else 2 end, campaign.max_attempts - 1)
    else case when get_byte(contact.hash, 25) < 180 then 1 when get_byte(contact.hash, 25) < 230 then 2 else campaign.max_attempts end
  end
from synthetic_campaign as campaign
where contact.life not in ('new', 'excluded');

update public.campaigns
set status = case when campaign.status in ('draft', 'scheduled') then campaign.status else 'running' end::public.campaign_status
from synthetic_campaign as campaign
where campaigns.id = campaign.id
  and campaign.status <> 'draft'
  -- A campaign whose only contacts are excluded does not start.
  and exists (
    select
    from synthetic_contacts
    where life <> 'excluded'
  );


-- The calls. Those of one contact are on different calling days, at least half a day apart. Only open calls are of today: in
-- the campaign that may call at any hour.

create temporary table synthetic_calls on commit drop as
select
  call.*,
  (
    lpad(to_hex((extract(epoch from call.started_at) * 1000)::bigint), 12, '0')
    || '7' || substr(call.hex, 1, 3) || '8' || substr(call.hex, 4, 15)
  )::uuid as id,
  answer.answered_at,
  case
    when call.outcome in ('completed', 'refused')
    then answer.answered_at
      + case call.outcome when 'completed' then 60 + call.duration else 8 + call.duration / 8 end * interval '1 second'
    when call.outcome is not null
    then call.started_at
      + case call.outcome when 'no_answer' then 25 + call.duration / 10 when 'busy' then 3 else 1 + call.duration / 50 end
        * interval '1 second'
  end as ended_at
from (
  select
    contact.number,
    contact.id as contact_id,
    contact.email,
    contact.life,
    attempt = contact.attempts as is_last,
    attempt,
    hashed.hash,
    encode(hashed.hash, 'hex') as hex,
    get_byte(hashed.hash, 0) as duration,
    case
      when contact.life = 'in_call' then date_trunc('second', campaign.until) - contact.number * interval '50 seconds'
      else date_trunc(
        'milliseconds',
        (
          campaign.days[
            attempt
            + (get_byte(contact.hash, 26) * 256 + get_byte(contact.hash, 27))
              % (cardinality(campaign.days) - contact.attempts + 1)
          ]
          + greatest(campaign.window_start::time, '09:00')
          + (least(campaign.window_end::time, '20:00') - greatest(campaign.window_start::time, '09:00') - interval '10 minutes')
            * ((get_byte(hashed.hash, 1) * 256 + get_byte(hashed.hash, 2)) / 65536.0)
        ) at time zone campaign.zone,
        'UTC'
      )
    end as started_at,
    case
      when contact.life = 'in_call' then null
      when attempt = contact.attempts and contact.life in ('completed', 'refused') then contact.life
      when get_byte(hashed.hash, 3) < 180 then 'no_answer'
      when get_byte(hashed.hash, 3) < 230 then 'busy'
      else 'failed'
    end::public.contact_outcome as outcome
  from synthetic_contacts as contact
  cross join synthetic_campaign as campaign
  cross join lateral generate_series(1, contact.attempts) as attempt
  cross join lateral sha256(contact.hash || convert_to(attempt::text, 'UTF8')) as hashed (hash)
) as call
cross join lateral (
  select
    case
      when call.outcome in ('completed', 'refused') or (call.outcome is null and call.number % 2 = 1)
      then call.started_at + (4 + call.duration % 16) * interval '1 second'
    end as answered_at
) as answer;

do $calls$
begin
  for current_attempt in 1..(select coalesce(max(attempt), 0) from synthetic_calls) loop
    insert into public.call_attempts (
      id, contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at, answered_at, ended_at, outcome,
      provider_raw_status, error_code, metadata
    )
    select
      call.id,
      call.contact_id,
      campaign.id,
      call.attempt,
      call.id::text,
      'CA' || substr(call.hex, 25, 32),
      call.started_at,
      call.answered_at,
      call.ended_at,
      call.outcome,
      case
        when call.outcome in ('completed', 'refused') then 'completed'
        else replace(call.outcome::text, '_', '-')
      end,
      case when call.outcome = 'failed' then (array['30008', '32005', '31480'])[1 + call.duration % 3] end,
      case
        when call.outcome in ('completed', 'refused') then jsonb_build_object('codec', 'opus', 'jitter_ms', call.duration % 30)
        else '{}'
      end
    from synthetic_calls as call
    cross join synthetic_campaign as campaign
    where call.attempt = current_attempt
    order by call.started_at, call.id;

    -- A contact that will not be reached stays in progress before its last call, because not_reached follows only that.
    update public.contacts as contact
    set state = case
        when call.outcome is null then 'in_progress'
        when call.is_last and call.life in ('completed', 'refused', 'not_reached') then call.life
        when call.life = 'not_reached' then 'in_progress'
        else 'pending'
      end::public.contact_state,
      attempts_count = call.attempt,
      last_attempt_at = call.started_at,
      last_outcome = call.outcome
    from synthetic_calls as call
    where contact.id = call.contact_id
      and call.attempt = current_attempt;
  end loop;
end
$calls$;

update public.contacts as contact
set do_not_call = true
from synthetic_contacts as objector
where contact.id = objector.id
  and objector.life = 'objected';


-- What the calls led to. The campaign gets its templates after its events: these e-mails were sent long ago, and an event of a
-- campaign with templates is queued for its e-mail.

insert into public.survey_responses (
  id, contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, q1_confidence, q2_confidence, q3_confidence,
  completed_at
)
select
  (substr(call.hex, 17, 12) || '4' || substr(call.hex, 30, 3) || '8' || substr(call.hex, 34, 15))::uuid,
  call.contact_id,
  campaign.id,
  call.id,
  case
    when get_byte(call.hash, 4) < 180 then least(10, 3 + get_byte(call.hash, 5) % 9)::text
    when campaign.country = 'it' then (array['otto', 'direi nove', 'sette su dieci', 'dieci', 'un sei'])[1 + get_byte(call.hash, 5) % 5]
    else (array['eight', 'I would say nine', 'seven out of ten', 'ten', 'a six'])[1 + get_byte(call.hash, 5) % 5]
  end,
  case
    when get_byte(call.hash, 6) < 200 then (get_byte(call.hash, 7) % 6)::text
    when campaign.country = 'it' then (array['due volte', 'mai', 'una volta', 'forse tre'])[1 + get_byte(call.hash, 7) % 4]
    else (array['twice', 'never', 'once', 'maybe three times'])[1 + get_byte(call.hash, 7) % 4]
  end,
  (
    case campaign.country
      when 'it' then array[
        'Niente, grazie, va tutto bene.', 'Tempi di attesa più brevi al telefono.', 'Prezzi più chiari in bolletta.',
        'Orari più comodi per gli appuntamenti.', 'Rispondere prima alle e-mail.', 'L''applicazione è lenta.'
      ]
      else array[
        'Nothing, thank you, all is well.', 'Shorter waiting times on the phone.', 'A clearer bill.',
        'More convenient appointments.', 'Answer e-mails sooner.', 'The app is slow.'
      ]
    end
  )[1 + get_byte(call.hash, 8) % 6],
  (70 + get_byte(call.hash, 9) % 31) / 100.0,
  (70 + get_byte(call.hash, 10) % 31) / 100.0,
  case when get_byte(call.hash, 11) < 230 then (50 + get_byte(call.hash, 11) % 51) / 100.0 end,
  call.ended_at - interval '5 seconds'
from synthetic_calls as call
cross join synthetic_campaign as campaign
where call.outcome = 'completed';

insert into public.transcript_snippets (id, call_attempt_id, transcript_text, language, created_at)
select
  (substr(call.hex, 9, 12) || '4' || substr(call.hex, 22, 3) || '8' || substr(call.hex, 26, 15))::uuid,
  call.id,
  case campaign.country
    when 'it' then
      case call.outcome
        when 'completed' then 'Assistente: Da 1 a 10, quanto è soddisfatto? Cliente: ' || response.q1_answer
          || '. Assistente: Quante volte ci ha contattato? Cliente: ' || response.q2_answer
          || '. Assistente: Che cosa dovremmo migliorare? Cliente: ' || response.q3_answer
        else 'Assistente: Posso iniziare? Cliente: No, grazie, non mi interessa.'
      end
    else
      case call.outcome
        when 'completed' then 'Agent: From 1 to 10, how satisfied are you? Customer: ' || response.q1_answer
          || '. Agent: How many times have you contacted us? Customer: ' || response.q2_answer
          || '. Agent: What should we do better? Customer: ' || response.q3_answer
        else 'Agent: May I begin? Customer: No, thank you, I am not interested.'
      end
  end,
  case campaign.country when 'it' then 'it' else 'en' end::public.campaign_language,
  call.ended_at
from synthetic_calls as call
cross join synthetic_campaign as campaign
left join public.survey_responses as response
  on response.contact_id = call.contact_id
where call.outcome in ('completed', 'refused')
  and get_byte(call.hash, 12) < 200
order by call.ended_at;

create temporary table synthetic_events on commit drop as
select
  call.*,
  (
    lpad(to_hex((extract(epoch from call.ended_at) * 1000)::bigint), 12, '0')
    || '7' || substr(call.hex, 19, 3) || '8' || substr(call.hex, 22, 15)
  )::uuid as event_id,
  case
    when call.email is null then null
    when get_byte(call.hash, 13) < 3 then 'failed'
    when get_byte(call.hash, 13) < 64 and call.ended_at > campaign.until - interval '48 hours' then 'pending'
    else 'sent'
  end::public.email_status as email_status
from synthetic_calls as call
cross join synthetic_campaign as campaign
where call.is_last
  and call.life in ('completed', 'refused', 'not_reached');

insert into public.events (id, event_type, campaign_id, contact_id, call_attempt_id, payload, created_at)
select
  event.event_id,
  ('survey.' || event.life)::public.event_type,
  campaign.id,
  event.contact_id,
  event.id,
  jsonb_build_object('source', case event.life when 'not_reached' then 'telephony' else 'dialogue' end),
  event.ended_at
from synthetic_events as event
cross join synthetic_campaign as campaign
order by event.ended_at, event.event_id;

update public.campaigns
set email_completed_template_id = case language
    when 'it' then '5eed0002-0000-4000-8000-000000000002'
    else '5eed0002-0000-4000-8000-000000000001'
  end::uuid,
  email_refused_template_id = case language
    when 'it' then '5eed0002-0000-4000-8000-000000000004'
    else '5eed0002-0000-4000-8000-000000000003'
  end::uuid,
  email_not_reached_template_id = case language when 'en' then '5eed0002-0000-4000-8000-000000000005' end::uuid
from synthetic_campaign as campaign
where campaigns.id = campaign.id;

insert into public.email_notifications (
  id, event_id, contact_id, campaign_id, template_id, to_email, status, provider_message_id, error_message, created_at,
  updated_at
)
select
  (substr(event.hex, 33, 12) || '4' || substr(event.hex, 46, 3) || '8' || substr(event.hex, 50, 15))::uuid,
  event.event_id,
  event.contact_id,
  campaign.id,
  template.id,
  event.email,
  event.email_status,
  case event.email_status when 'sent' then 'msg-' || substr(event.hex, 1, 20) end,
  case event.email_status when 'failed' then '550 5.1.1 The mailbox does not exist.' end,
  event.ended_at + interval '1 minute',
  event.ended_at + interval '2 minutes'
from synthetic_events as event
cross join synthetic_campaign as campaign
join public.campaigns as written
  on written.id = campaign.id
cross join lateral (
  select
    case event.life
      when 'completed' then written.email_completed_template_id
      when 'refused' then written.email_refused_template_id
      else written.email_not_reached_template_id
    end
) as template (id)
where event.email_status is not null
  and template.id is not null
order by event.ended_at, event.event_id;

-- An e-mail that is still pending is due again: the mail server did not answer.
insert into voicesurvey.email_queue (event_id, notification_id, due_at, sends_count)
select email.event_id, email.id, email.updated_at, 1
from public.email_notifications as email
join synthetic_campaign as campaign
  on campaign.id = email.campaign_id
where email.status = 'pending';

update public.campaigns
set status = campaign.status::public.campaign_status
from synthetic_campaign as campaign
where campaigns.id = campaign.id
  and campaigns.status = 'running'
  and campaign.status in ('paused', 'completed', 'cancelled');

select
  (select count(*)::integer from synthetic_contacts) as contacts,
  (select count(*)::integer from synthetic_calls) as call_attempts,
  (select count(*)::integer from public.survey_responses where campaign_id = campaign.id) as survey_responses,
  (
    select count(*)::integer
    from synthetic_calls as call
    join public.transcript_snippets as transcript
      on transcript.call_attempt_id = call.id
  ) as transcript_snippets,
  (select count(*)::integer from synthetic_events) as events,
  (select count(*)::integer from public.email_notifications where campaign_id = campaign.id) as email_notifications
from synthetic_campaign as campaign;
