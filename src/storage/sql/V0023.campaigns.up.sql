-- V0023: the API for a campaign's life: schedule_campaign, start_campaign, pause_campaign, resume_campaign,
-- cancel_campaign and complete_finished_campaigns (rule 9).
--
-- A repeated call finds the campaign in the status that it asks for, changes nothing, and takes no lock. A status from
-- which the campaign cannot get there is an error.
--
-- Safe under concurrency: a function locks the campaign's row FOR NO KEY UPDATE before it reads the status again. So it
-- waits for the claims of the campaign that run, and later claims wait for it (V0012).
--
-- complete_finished_campaigns locks a campaign FOR UPDATE SKIP LOCKED, and reads again whether it is finished. That lock
-- conflicts with the FOR KEY SHARE lock of each transaction that inserts a contact or an attempt of the campaign, or returns an
-- excluded contact (V0013). So it skips a campaign while such a transaction runs, waits for none, and a later import finds the
-- campaign completed (V0022).
-- Only in the stricter levels, it waits for the imports and exclusions that run, whatever their campaigns.
--
-- Safe on a live table: creates functions only.

set search_path = pg_catalog, pg_temp;


create or replace function voicesurvey_rules.lock_campaign(campaign uuid)
returns public.campaign_status
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  status public.campaign_status;
begin
  select existing.status
  into status
  from public.campaigns as existing
  where existing.id = campaign
  for no key update;

  return status;
end
$function$;

create or replace function voicesurvey_rules.reject_status(campaign uuid, status public.campaign_status, hint text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if status is null then
    perform voicesurvey_rules.require_campaign(campaign);
  end if;

  if status in ('completed', 'cancelled') then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'campaign_has_not_ended',
      message = format('Campaign %s is %s, and a campaign that has ended does not change.', campaign, status),
      hint = 'Create a new campaign.';
  end if;

  raise exception using
    errcode = 'invalid_parameter_value',
    schema = 'voicesurvey',
    constraint = 'campaign_changes_status_in_order',
    message = format('Campaign %s is %s, and this change does not start there.', campaign, status),
    hint = hint;
end
$function$;

create or replace function voicesurvey_rules.move_campaign(
  campaign uuid,
  target public.campaign_status,
  sources public.campaign_status[],
  hint text
)
returns public.campaign_status
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  status public.campaign_status;
begin
  if voicesurvey_rules.require_campaign(campaign) = target then
    return target;
  end if;

  status := voicesurvey_rules.lock_campaign(campaign);

  if status = any (sources) then
    update public.campaigns as changed
    set status = target
    where changed.id = campaign;

    return target;
  elsif status is distinct from target then
    perform voicesurvey_rules.reject_status(campaign, status, hint);
  end if;

  return target;
end
$function$;

-- One probe of the index of waiting contacts and one of the index of open calls. "order by" makes the planner use the
-- first, whose least attempts_count answers the question. "offset 0" makes it read the second, whatever the statistics say.

create or replace function voicesurvey_rules.campaign_is_finished(campaign uuid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
  least_attempts integer;
  attempt_limit integer;
begin
  select existing.max_attempts
  into attempt_limit
  from public.campaigns as existing
  where existing.id = campaign;

  select contact.attempts_count
  into least_attempts
  from public.contacts as contact
  where contact.campaign_id = campaign
    and contact.state in ('pending', 'not_reached')
  order by contact.attempts_count
  limit 1;

  if least_attempts < attempt_limit then
    return false;
  end if;

  return not exists (
    select
    from (
      select call.campaign_id
      from public.call_attempts as call
      where call.ended_at is null
      offset 0
    ) as open_call
    where open_call.campaign_id = campaign
  );
end
$function$;

comment on function voicesurvey_rules.lock_campaign(uuid) is
  'Locks a campaign and returns its status, or null if there is none.';
comment on function voicesurvey_rules.reject_status(uuid, public.campaign_status, text) is
  'Raises the error of a campaign that cannot change as an API function asks.';
comment on function voicesurvey_rules.move_campaign(uuid, public.campaign_status, public.campaign_status[], text) is
  'Moves a campaign from one of the source statuses to a status, and returns it. Changes nothing if the campaign is there. '
  'Raises an error from any other status.';
comment on function voicesurvey_rules.campaign_is_finished(uuid) is
  'Whether no contact of a campaign has attempts left and none of its calls is open.';

revoke execute on function
  voicesurvey_rules.lock_campaign(uuid),
  voicesurvey_rules.reject_status(uuid, public.campaign_status, text),
  voicesurvey_rules.move_campaign(uuid, public.campaign_status, public.campaign_status[], text),
  voicesurvey_rules.campaign_is_finished(uuid)
from public;


create or replace function voicesurvey.schedule_campaign(campaign uuid)
returns public.campaign_status
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  return voicesurvey_rules.move_campaign(
    campaign,
    'scheduled',
    array['draft']::public.campaign_status[],
    'Schedule a campaign before it starts. Pause it to stop its calls.'
  );
end
$function$;

-- The deferred trigger of V0008 checks again at commit that there is a contact to call. It refuses the start if the last
-- one was excluded or deleted between this check and the commit.

create or replace function voicesurvey.start_campaign(campaign uuid)
returns table (missing text, explanation text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  status public.campaign_status;
begin
  if voicesurvey_rules.require_campaign(campaign) = 'running' then
    return;
  end if;

  status := voicesurvey_rules.lock_campaign(campaign);

  if status = 'running' then
    return;
  elsif status is null or status not in ('draft', 'scheduled') then
    perform voicesurvey_rules.reject_status(
      campaign,
      status,
      'Call resume_campaign: the campaign was started before, and is paused.'
    );
  end if;

  return query
  select thing.name, thing.explanation
  from public.campaigns as existing
  cross join lateral (
    values
      (
        'contact_to_call',
        'The campaign has no contact to call. Import contacts; excluded ones do not count.',
        exists (
          select
          from public.contacts as contact
          where contact.campaign_id = existing.id
            and contact.state = 'pending'
        )
      ),
      (
        'intro_script',
        'The script is blank. Write what the agent says first.',
        voicesurvey_rules.is_not_blank(existing.intro_script)
      ),
      (
        'question_1_text',
        'The first question is blank. Write it.',
        voicesurvey_rules.is_not_blank(existing.question_1_text)
      ),
      (
        'question_2_text',
        'The second question is blank. Write it.',
        voicesurvey_rules.is_not_blank(existing.question_2_text)
      ),
      (
        'question_3_text',
        'The third question is blank. Write it.',
        voicesurvey_rules.is_not_blank(existing.question_3_text)
      )
  ) as thing (name, explanation, is_there)
  where existing.id = campaign
    and not thing.is_there;

  if found then
    return;
  end if;

  update public.campaigns as changed
  set status = 'running'
  where changed.id = campaign;
end
$function$;

create or replace function voicesurvey.pause_campaign(campaign uuid)
returns public.campaign_status
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  return voicesurvey_rules.move_campaign(
    campaign,
    'paused',
    array['running']::public.campaign_status[],
    'Only a running campaign is paused. This one was not started.'
  );
end
$function$;

create or replace function voicesurvey.resume_campaign(campaign uuid)
returns public.campaign_status
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  return voicesurvey_rules.move_campaign(
    campaign,
    'running',
    array['paused']::public.campaign_status[],
    'Call start_campaign: the campaign was not started before.'
  );
end
$function$;

create or replace function voicesurvey.cancel_campaign(campaign uuid)
returns public.campaign_status
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  return voicesurvey_rules.move_campaign(
    campaign,
    'cancelled',
    array['draft', 'scheduled', 'running', 'paused']::public.campaign_status[],
    'Read the campaign again.'
  );
end
$function$;

create or replace function voicesurvey.complete_finished_campaigns()
returns table (campaign_id uuid)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  candidate uuid;
begin
  for candidate in
    select running.id
    from public.campaigns as running
    where running.status = 'running'
      and voicesurvey_rules.campaign_is_finished(running.id)
    order by running.id
  loop
    -- An older snapshot does not show the contacts that were imported or returned since. These transactions have written
    -- the mutex rows of their numbers (V0013).
    if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
      perform voicesurvey_rules.lock_mutex_rows(array(select generate_series(1, 256)));
    end if;

    perform
    from public.campaigns as running
    where running.id = candidate
      and running.status = 'running'
    for update skip locked;

    -- A transaction that committed before this lock may have added a contact or returned one.
    if found and voicesurvey_rules.campaign_is_finished(candidate) then
      update public.campaigns as changed
      set status = 'completed'
      where changed.id = candidate;

      campaign_id := candidate;
      return next;
    end if;
  end loop;
end
$function$;

comment on function voicesurvey.schedule_campaign(uuid) is
  'Moves a draft to scheduled, and returns the status. Called by managers.';
comment on function voicesurvey.start_campaign(uuid) is
  'Starts a draft or a scheduled campaign. Returns what is missing for that, one row each: contact_to_call, intro_script, '
  'question_1_text, question_2_text or question_3_text, and how to fix it. No row: the campaign is running. Called by '
  'managers and by a job that starts scheduled campaigns.';
comment on function voicesurvey.pause_campaign(uuid) is
  'Pauses a running campaign, and returns the status. No call of it starts any more; open calls go on. Called by managers.';
comment on function voicesurvey.resume_campaign(uuid) is
  'Lets a paused campaign run again, and returns the status. Called by managers.';
comment on function voicesurvey.cancel_campaign(uuid) is
  'Cancels a campaign that has not ended, for good, and returns the status. Open calls go on. Called by managers.';
comment on function voicesurvey.complete_finished_campaigns() is
  'Completes the running campaigns of which no contact has attempts left and no call is open, and returns their ids. Skips a '
  'campaign while an import or a claim of it runs. Called by a job.';

revoke execute on function
  voicesurvey.schedule_campaign(uuid),
  voicesurvey.start_campaign(uuid),
  voicesurvey.pause_campaign(uuid),
  voicesurvey.resume_campaign(uuid),
  voicesurvey.cancel_campaign(uuid),
  voicesurvey.complete_finished_campaigns()
from public;
