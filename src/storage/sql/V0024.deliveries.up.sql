-- migrate: lock-timeout 2s
--
-- V0024: the deliveries of events to other services, and of e-mails to a mail server (rules 7 and 8).
--
-- A reader of events by created_at misses the event of a transaction that began earlier and committed later. So a
-- trigger inserts, in the transaction of an event, one delivery for each registered consumer, and one entry of the
-- e-mail queue if the contact gets an e-mail. Both are visible from the commit of the event, and for every writer. What has
-- been delivered is deleted, so the tables hold only what is due, and finding it does not depend on the number of events.
--
-- A claim takes a lease: due_at becomes the time when the lease ends. A service that dies loses nothing, because its
-- deliveries are due again when the lease is over. So a service may get a delivery twice, and must tolerate that.
--
-- Safe under concurrency: a claim locks rows with SKIP LOCKED, so services that claim at the same time wait for none of
-- each other and get different rows. add_consumer locks the table of events SHARE: it waits for the transactions that
-- have inserted events, and a later event finds the new consumer. In the stricter levels, a snapshot that is older than the
-- consumer does not show it. add_consumer updates mutex row 257 (V0010), and there an event locks this row: it fails with 40001.
--
-- Safe on a live table: creating a trigger changes only the catalog. It locks only events. A statement waits at most 2 s
-- for its lock, since writers of the table wait too. Events that exist already are not queued: add_consumer queues those
-- that a consumer asks for.

set search_path = pg_catalog, pg_temp;


create table if not exists voicesurvey.consumers (
  name text not null,
  created_at timestamptz not null default now(),

  constraint consumers_have_unique_names
    primary key (name),
  constraint name_of_a_consumer_is_a_short_word
    check (name operator(pg_catalog.~) '^[a-z][a-z0-9_.-]{0,62}$')
);

comment on table voicesurvey.consumers is
  'The services that receive events. Each gets every event that is inserted from its registration on. Written by '
  'add_consumer and remove_consumer.';
comment on column voicesurvey.consumers.name is
  'The name that the service passes to claim_events. Written by add_consumer.';
comment on column voicesurvey.consumers.created_at is
  'When the consumer was registered. Written by the server.';
comment on constraint name_of_a_consumer_is_a_short_word on voicesurvey.consumers is
  'Rule 11: a consumer has a name of lower-case letters, digits and "_.-", at most 63 characters long.';

create table if not exists voicesurvey.event_deliveries (
  event_id uuid not null,
  consumer text not null,
  due_at timestamptz not null default now(),
  deliveries_count integer not null default 0,
  is_dead boolean not null default false,
  last_error text,

  constraint an_event_is_delivered_once_to_a_consumer
    primary key (event_id, consumer),
  constraint delivery_belongs_to_an_event
    foreign key (event_id) references public.events (id)
    on delete cascade,
  constraint delivery_belongs_to_a_consumer
    foreign key (consumer) references voicesurvey.consumers (name)
    on delete cascade
)
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

create index if not exists event_deliveries_by_due_at
  on voicesurvey.event_deliveries (consumer, is_dead, due_at);

comment on table voicesurvey.event_deliveries is
  'Events that a consumer has not received yet; a delivered event has no row. Written by the trigger of events, by '
  'claim_events, event_delivered, event_failed and retry_dead_events.';
comment on column voicesurvey.event_deliveries.event_id is
  'The event. Written by the trigger of events and by add_consumer.';
comment on column voicesurvey.event_deliveries.consumer is
  'The consumer that gets the event. Written by the trigger of events and by add_consumer.';
comment on column voicesurvey.event_deliveries.due_at is
  'When the event may be handed out next: the end of the lease, or of the pause after a failure. Written by claim_events '
  'and event_failed.';
comment on column voicesurvey.event_deliveries.deliveries_count is
  'How many times the event was handed out. Written by claim_events.';
comment on column voicesurvey.event_deliveries.is_dead is
  'Whether the event failed too often and is handed out no more, until retry_dead_events. Written by event_failed.';
comment on column voicesurvey.event_deliveries.last_error is
  'What the consumer reported last, at most 1,000 characters. Written by event_failed. Personal data, if the consumer '
  'writes such data.';
comment on index voicesurvey.event_deliveries_by_due_at is
  'Finds the deliveries of a consumer that are due, the earliest first; also when the consumer is removed.';

create table if not exists voicesurvey.email_queue (
  event_id uuid not null,
  notification_id uuid,
  due_at timestamptz not null default now(),
  sends_count integer not null default 0,

  constraint an_event_is_queued_once
    primary key (event_id),
  constraint queued_email_belongs_to_an_event
    foreign key (event_id) references public.events (id)
    on delete cascade
)
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);

create index if not exists email_queue_by_due_at
  on voicesurvey.email_queue (due_at);

comment on table voicesurvey.email_queue is
  'Events whose e-mail has not been sent and has not failed for good. An event that sends no e-mail has no row. Written '
  'by the trigger of events, by claim_emails, email_sent and email_failed.';
comment on column voicesurvey.email_queue.event_id is
  'The event that sends the e-mail. Written by the trigger of events.';
comment on column voicesurvey.email_queue.notification_id is
  'The e-mail in email_notifications; null until it is claimed for the first time. Written by claim_emails.';
comment on column voicesurvey.email_queue.due_at is
  'When the e-mail may be handed out next: the end of the lease, or of the pause after a failure. Written by claim_emails '
  'and email_failed.';
comment on column voicesurvey.email_queue.sends_count is
  'How many times the e-mail was handed out. Written by claim_emails.';
comment on index voicesurvey.email_queue_by_due_at is
  'Finds the e-mails that are due, the earliest first.';

-- A role that services do not have could read the queues or change them, by default privileges.

revoke all on voicesurvey.consumers, voicesurvey.event_deliveries, voicesurvey.email_queue from public;


-- What an event tells a consumer.

create or replace view voicesurvey.event_payloads as
select
  event.id as event_id,
  event.event_type,
  event.created_at,
  event.campaign_id,
  event.contact_id,
  contact.external_contact_id,
  event.call_attempt_id,
  attempt.call_id,
  attempt.started_at,
  attempt.answered_at,
  attempt.ended_at,
  attempt.outcome,
  contact.attempts_count,
  response.q1_answer,
  response.q2_answer,
  response.q3_answer,
  event.payload
from public.events as event
join public.contacts as contact
  on contact.id = event.contact_id
left join public.call_attempts as attempt
  on attempt.id = event.call_attempt_id
left join public.survey_responses as response
  on response.contact_id = event.contact_id
  and event.event_type = 'survey.completed';

comment on view voicesurvey.event_payloads is
  'What an event announces: its type, campaign, contact and call, the call''s times and outcome, the number of attempts, and '
  'the answers of a completed survey. Contains personal data: the answers and external_contact_id.';

revoke all on voicesurvey.event_payloads from public;


-- The trigger of events.

create or replace function voicesurvey_rules.queue_deliveries()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  has_deliveries boolean;
  has_emails boolean;
begin
  if tg_relid <> 'public.events'::regclass or tg_when <> 'AFTER' or tg_op <> 'INSERT' or tg_level <> 'STATEMENT' then
    perform voicesurvey_rules.reject_trigger(tg_name, tg_relid);
  end if;

  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    insert into voicesurvey_rules.mutex_rows (id)
    values (257)
    on conflict do nothing;

    perform
    from voicesurvey_rules.mutex_rows
    where id = 257
    for share;
  end if;

  -- A consumer that is removed at the same time gets no delivery: the lock waits for its removal.
  insert into voicesurvey.event_deliveries (event_id, consumer)
  select event.id, consumer.name
  from inserted as event
  cross join voicesurvey.consumers as consumer
  for key share of consumer
  on conflict do nothing;
  has_deliveries := found;

  insert into voicesurvey.email_queue (event_id)
  select event.id
  from inserted as event
  join public.campaigns as campaign
    on campaign.id = event.campaign_id
  join public.contacts as contact
    on contact.id = event.contact_id
  where contact.email is not null
    and case event.event_type
      when 'survey.completed' then campaign.email_completed_template_id
      when 'survey.refused' then campaign.email_refused_template_id
      else campaign.email_not_reached_template_id
    end is not null
  on conflict do nothing;
  has_emails := found;

  -- The notifications of a transaction with the same payload are sent once. All databases of the server share one queue of
  -- them, any role can fill it, and a commit that finds it full fails. Consumers find what is due without a notification.
  if (has_deliveries or has_emails) and pg_notification_queue_usage() < 0.5 then
    notify voicesurvey_events;
  end if;

  return null;
end
$function$;

comment on function voicesurvey_rules.queue_deliveries() is
  'Queues an event for each consumer, and for its e-mail if its contact has an address and its campaign a template. '
  'Notifies the channel voicesurvey_events, unless the server''s queue of notifications is half full.';

revoke execute on function voicesurvey_rules.queue_deliveries() from public;

create or replace trigger an_event_is_queued_for_its_consumers
  after insert on public.events
  referencing new table as inserted
  for each statement
  execute function voicesurvey_rules.queue_deliveries();

comment on trigger an_event_is_queued_for_its_consumers on public.events is
  'Rules 7 and 8: no event and no e-mail is missed, whichever transaction commits first.';


-- Consumers.

create or replace function voicesurvey.add_consumer(consumer text, since timestamptz default 'infinity')
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  queued integer;
begin
  if consumer is null or consumer !~ '^[a-z][a-z0-9_.-]{0,62}$' then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'name_of_a_consumer_is_a_short_word',
      message = 'The name of a consumer begins with a lower-case letter and has at most 63 letters, digits and characters of "_.-".',
      hint = 'Choose a name such as crm or data-warehouse.';
  end if;

  if since is null then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'time_is_given',
      message = 'add_consumer needs a time from which on events are queued, and since is null.',
      hint = 'Leave since out to queue only later events, or pass ''-infinity'' to queue all.';
  end if;

  -- The events of a transaction that ended after the snapshot would be missed.
  if since < 'infinity' and current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'earlier_events_are_queued_in_read_committed',
      message = 'add_consumer queues earlier events only in a READ COMMITTED transaction.',
      hint = 'Call it in a separate READ COMMITTED transaction, or leave since out.';
  end if;

  lock table public.events in share mode;
  perform voicesurvey_rules.lock_mutex_rows(array[257]);

  insert into voicesurvey.consumers (name)
  values (consumer)
  on conflict do nothing;

  if not found then
    return 0;
  end if;

  insert into voicesurvey.event_deliveries (event_id, consumer, due_at)
  select event.id, add_consumer.consumer, least(event.created_at, now())
  from public.events as event
  where event.created_at >= since
  on conflict do nothing;

  get diagnostics queued = row_count;
  return queued;
end
$function$;

create or replace function voicesurvey.remove_consumer(consumer text)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- Waits for the transactions that write deliveries before it locks one: an erasure deletes several in another order.
  lock table voicesurvey.event_deliveries in share row exclusive mode;

  delete from voicesurvey.consumers
  where name = consumer;

  return found;
end
$function$;

create or replace function voicesurvey_rules.check_lease(at_most integer, lease interval)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if at_most is null or at_most < 0 then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'at_most_is_0_or_more',
      message = format('at_most is a number of rows, 0 or more, and it is %s.', coalesce(at_most::text, 'null')),
      hint = 'Pass the most rows that the service can process before its lease is over.';
  end if;

  if lease is null or lease not between interval '1 second' and interval '1 day' then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'lease_is_1_second_to_1_day',
      message = format('A lease lasts from 1 second to 1 day, and lease is %s.', coalesce(lease::text, 'null')),
      hint = 'Pass a time in which the service has surely finished or died, such as 5 minutes.';
  end if;
end
$function$;

create or replace function voicesurvey.claim_events(
  consumer text,
  at_most integer default 100,
  lease interval default '5 minutes'
)
returns table (
  event_id uuid,
  event_type public.event_type,
  created_at timestamptz,
  campaign_id uuid,
  contact_id uuid,
  external_contact_id text,
  call_attempt_id uuid,
  call_id text,
  started_at timestamptz,
  answered_at timestamptz,
  ended_at timestamptz,
  outcome public.contact_outcome,
  attempts_count integer,
  q1_answer text,
  q2_answer text,
  q3_answer text,
  payload jsonb,
  deliveries_count integer
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
  perform voicesurvey_rules.check_lease(at_most, lease);

  perform
  from voicesurvey.consumers
  where name = claim_events.consumer;

  if not found then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'consumer_is_registered',
      message = 'claim_events was called with a consumer that is not registered.',
      hint = 'Check the name, or register the consumer: select voicesurvey.add_consumer(''name'').';
  end if;

  -- "Lateral" and "limit 1" make the plan look up each payload by its keys, whatever the statistics of these tables say.
  return query
  with due as materialized (
    select delivery.event_id
    from voicesurvey.event_deliveries as delivery
    where delivery.consumer = claim_events.consumer
      and not delivery.is_dead
      and delivery.due_at <= now()
    order by delivery.due_at
    limit at_most
    for no key update skip locked
  ),
  claimed as materialized (
    update voicesurvey.event_deliveries as delivery
    set due_at = now() + lease,
      deliveries_count = delivery.deliveries_count + 1
    from due
    where delivery.event_id = due.event_id
      and delivery.consumer = claim_events.consumer
    returning delivery.event_id, delivery.deliveries_count
  )
  select payload.*, claimed.deliveries_count
  from claimed
  cross join lateral (
    select *
    from voicesurvey.event_payloads
    where event_payloads.event_id = claimed.event_id
    limit 1
  ) as payload;
end
$function$;

create or replace function voicesurvey.event_delivered(consumer text, event uuid)
returns boolean
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  delete from voicesurvey.event_deliveries as delivery
  where delivery.event_id = event
    and delivery.consumer = event_delivered.consumer;

  return found;
end
$function$;

create or replace function voicesurvey.event_failed(consumer text, event uuid, error text default null)
returns timestamptz
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  next_due_at timestamptz;
begin
  -- The pauses: 10 s, 20 s, 40 s and so on, at most 1 hour. The tenth failure is the last. A consumer that dies reports no
  -- failure, so an event may have been handed out any number of times: without a limit, the interval would overflow.
  update voicesurvey.event_deliveries as delivery
  set due_at = now()
      + least(interval '10 seconds' * 2 ^ least(greatest(delivery.deliveries_count - 1, 0), 10), interval '1 hour'),
    is_dead = delivery.deliveries_count >= 10,
    last_error = left(error, 1000)
  where delivery.event_id = event
    and delivery.consumer = event_failed.consumer
  returning case when not is_dead then due_at end
  into next_due_at;

  return next_due_at;
end
$function$;

create or replace function voicesurvey.retry_dead_events(consumer text)
returns integer
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  revived integer;
begin
  -- Waits for no lock: an erasure deletes several deliveries in another order.
  update voicesurvey.event_deliveries as delivery
  set due_at = now(),
    is_dead = false,
    deliveries_count = 0
  where delivery.ctid = any (
      array(
        select dead.ctid
        from voicesurvey.event_deliveries as dead
        where dead.consumer = retry_dead_events.consumer
          and dead.is_dead
        for no key update skip locked
      )
    );

  get diagnostics revived = row_count;
  return revived;
end
$function$;


-- E-mails.

-- A contact with preferred_language auto speaks the language of the campaign. If the campaign's template is in another
-- language, a template of the same type in the contact's language is used, the oldest if there are several. Without one,
-- the campaign's template is used.

create or replace function voicesurvey_rules.template_for_event(event uuid)
returns uuid
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
begin
  return (
    select coalesce(
      (
        select template.id
        from public.email_templates as template
        where template.type::text = chosen.type::text
          and template.locale::text = contact.preferred_language::text
          and template.locale <> chosen.locale
        order by template.created_at, template.id
        limit 1
      ),
      chosen.id
    )
    from public.events as event
    join public.contacts as contact
      on contact.id = event.contact_id
    join public.campaigns as campaign
      on campaign.id = event.campaign_id
    join public.email_templates as chosen
      on chosen.id = case event.event_type
        when 'survey.completed' then campaign.email_completed_template_id
        when 'survey.refused' then campaign.email_refused_template_id
        else campaign.email_not_reached_template_id
      end
    where event.id = template_for_event.event
      and contact.email is not null
  );
end
$function$;

create or replace function voicesurvey.claim_emails(at_most integer default 100, lease interval default '5 minutes')
returns table (
  notification_id uuid,
  event_id uuid,
  event_type public.event_type,
  campaign_id uuid,
  contact_id uuid,
  to_email text,
  template_id uuid,
  locale public.campaign_language,
  subject text,
  body_html text,
  body_text text,
  sends_count integer
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
#variable_conflict use_column
declare
  queued record;
  written uuid;
  known_status public.email_status;
begin
  perform voicesurvey_rules.check_lease(at_most, lease);

  for queued in
    select queue.event_id, queue.notification_id, queue.sends_count
    from voicesurvey.email_queue as queue
    where queue.due_at <= now()
    order by queue.due_at
    limit at_most
    for no key update skip locked
  loop
    written := queued.notification_id;

    -- Waits for no lock, since it holds the row of the queue: the contact may be erased at this moment, and the result of the
    -- e-mail may be reported. What is locked there is due again at the next claim.
    perform
    from public.events as event
    join public.contacts as contact
      on contact.id = event.contact_id
    join public.campaigns as campaign
      on campaign.id = event.campaign_id
    where event.id = queued.event_id
    for key share of contact, campaign skip locked;

    continue when not found;

    if written is not null then
      select email.status
      into known_status
      from public.email_notifications as email
      where email.id = written
      for no key update skip locked;

      -- Another program may have reported the e-mail, or deleted it. Then it is not sent again.
      if not found then
        continue when exists (select from public.email_notifications as email where email.id = written);
        known_status := null;
      end if;

      if known_status is distinct from 'pending' then
        delete from voicesurvey.email_queue as queue
        where queue.event_id = queued.event_id;
        continue;
      end if;
    end if;

    -- A service that dies four times with an e-mail reports no failure.
    if queued.sends_count >= 4 then
      perform voicesurvey.email_failed(written, 'No result was reported before the lease ended.');
      continue;
    end if;

    -- An e-mail that another program wrote is that program's to send. Without an address or a template, none is sent.
    if written is null then
      insert into public.email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
      select event.id, event.contact_id, event.campaign_id, template.id, contact.email
      from public.events as event
      join public.contacts as contact
        on contact.id = event.contact_id
      cross join voicesurvey_rules.template_for_event(event.id) as template (id)
      where event.id = queued.event_id
        and template.id is not null
      on conflict do nothing
      returning id
      into written;
    end if;

    if written is null then
      delete from voicesurvey.email_queue as queue
      where queue.event_id = queued.event_id;
      continue;
    end if;

    update voicesurvey.email_queue as queue
    set notification_id = written,
      due_at = now() + lease,
      sends_count = queue.sends_count + 1
    where queue.event_id = queued.event_id;

    return query
    select
      notification.id,
      notification.event_id,
      event.event_type,
      notification.campaign_id,
      notification.contact_id,
      notification.to_email,
      template.id,
      template.locale,
      template.subject,
      template.body_html,
      template.body_text,
      queued.sends_count + 1
    from public.email_notifications as notification
    join public.events as event
      on event.id = notification.event_id
    join public.email_templates as template
      on template.id = notification.template_id
    where notification.id = written
      and notification.status <> 'sent';
  end loop;

  -- Deferred again, as by default: what else the transaction writes is checked at commit.
  set constraints all immediate;
  set constraints all deferred;
end
$function$;

create or replace function voicesurvey.email_sent(notification uuid, provider_message_id text default null)
returns public.email_status
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  current_status public.email_status;
begin
  update public.email_notifications as email
  set status = 'sent',
    provider_message_id = coalesce(email.provider_message_id, email_sent.provider_message_id),
    error_message = null
  where email.id = notification
    and email.status <> 'sent';

  select email.status
  into current_status
  from public.email_notifications as email
  where email.id = notification;

  delete from voicesurvey.email_queue as queue
  using public.email_notifications as email
  where email.id = notification
    and queue.event_id = email.event_id;

  return current_status;
end
$function$;

create or replace function voicesurvey.email_failed(notification uuid, error text default null)
returns public.email_status
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  sent_event_id uuid;
  current_status public.email_status;
  sends integer;
begin
  select email.event_id, email.status
  into sent_event_id, current_status
  from public.email_notifications as email
  where email.id = notification
  for no key update;

  if current_status is distinct from 'pending' then
    return current_status;
  end if;

  -- Three retries, after 1 minute, 10 minutes and 100 minutes.
  update voicesurvey.email_queue as queue
  set due_at = now() + interval '1 minute' * 10 ^ (queue.sends_count - 1)
  where queue.event_id = sent_event_id
    and queue.sends_count between 1 and 3
  returning queue.sends_count
  into sends;

  if sends is null then
    current_status := 'failed';

    delete from voicesurvey.email_queue as queue
    where queue.event_id = sent_event_id;
  end if;

  update public.email_notifications as email
  set status = current_status,
    error_message = left(error, 1000)
  where email.id = notification;

  return current_status;
end
$function$;


comment on function voicesurvey.add_consumer(text, timestamptz) is
  'Registers a service that receives events. It gets all later events, and those that exist since a time, if one is given. '
  'Returns how many it gets of these; 0 if the consumer exists. Locks the table of events SHARE until the end of the '
  'transaction. Example: select voicesurvey.add_consumer(''crm'').';
comment on function voicesurvey.remove_consumer(text) is
  'Removes a consumer with its deliveries. Returns whether it existed.';
comment on function voicesurvey.claim_events(text, integer, interval) is
  'Hands out the events that a consumer has not received, the earliest first, at most at_most. Each is leased: if neither '
  'event_delivered nor event_failed follows before the lease ends, it is handed out again. No rows if none is due. '
  'Error: consumer_is_registered. Example: select * from voicesurvey.claim_events(''crm'', 100, ''5 minutes'').';
comment on function voicesurvey.event_delivered(text, uuid) is
  'Ends the delivery of an event to a consumer. Returns whether it was still open; false after a repeated call, or if the '
  'person was erased.';
comment on function voicesurvey.event_failed(text, uuid, text) is
  'Notes that a consumer could not process an event. Returns when the event is handed out again: after 10 s, then after '
  'twice as long each time, up to 1 hour. After the tenth time it is dead: the result is null, and retry_dead_events '
  'revives it.';
comment on function voicesurvey.retry_dead_events(text) is
  'Makes the dead events of a consumer due again. Returns how many.';
comment on function voicesurvey_rules.check_lease(integer, interval) is
  'Rejects a number of rows or a lease that a claim cannot use. Called by claim_events and claim_emails.';
comment on function voicesurvey_rules.template_for_event(uuid) is
  'The template of an event''s e-mail: that of the campaign, or one of its type in the contact''s language. Null if no '
  'e-mail is sent. Called by claim_emails.';
comment on function voicesurvey.claim_emails(integer, interval) is
  'Hands out the e-mails that are due, the earliest first, at most at_most: address, language and template. Inserts each '
  'into email_notifications when it is handed out first. Each is leased: if neither email_sent nor email_failed follows '
  'before the lease ends, it is handed out again. No rows if none is due. Checks the deferred rules before it returns.';
comment on function voicesurvey.email_sent(uuid, text) is
  'Notes that an e-mail was sent. Returns its status, sent; null if there is no such e-mail, for example after an erasure.';
comment on function voicesurvey.email_failed(uuid, text) is
  'Notes that an e-mail could not be sent. Returns its status: pending if it is handed out again, after 1, 10 and 100 '
  'minutes; failed after the fourth time; sent if it was sent before; null if there is no such e-mail.';

revoke execute on function
  voicesurvey.add_consumer(text, timestamptz),
  voicesurvey.remove_consumer(text),
  voicesurvey.claim_events(text, integer, interval),
  voicesurvey.event_delivered(text, uuid),
  voicesurvey.event_failed(text, uuid, text),
  voicesurvey.retry_dead_events(text),
  voicesurvey_rules.check_lease(integer, interval),
  voicesurvey_rules.template_for_event(uuid),
  voicesurvey.claim_emails(integer, interval),
  voicesurvey.email_sent(uuid, text),
  voicesurvey.email_failed(uuid, text)
from public;
