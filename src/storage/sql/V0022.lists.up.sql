-- V0022: the API for lists: import_contacts, import_exclusions, exclude_number and lift_exclusion.
--
-- The two imports take a JSON array of lines, for example the rows of a CSV file, and return one verdict per line. A bad
-- line is reported and the others are imported. No error and no verdict contains a number, an address or another value
-- of a line: a verdict names the line, a reason and, for an unusual spelling, how to correct it.
--
-- Safe under concurrency:
--   - An import inserts its numbers in ascending order. So two imports of the same numbers queue, and the second finds
--     them there.
--   - The triggers of V0013 lock the mutex rows of the numbers. An import sets do_not_call of existing contacts only
--     after that, in the order of their ids. So imports and exclusions lock in the same order: mutex rows, contacts.
--   - import_contacts locks the campaign FOR KEY SHARE. So complete_finished_campaigns (V0023), which locks it FOR
--     UPDATE, does not complete a campaign while an import runs, and an import that waited for it finds the campaign
--     completed. A pause does not wait for imports.
--   - At the stricter levels, a function that adds a row still sees the row of the same number that another transaction has
--     deleted since the snapshot. exclude_number returns the row that it has added. An import would return both rows for
--     the line, so it fails with 40001.
--   - exclude_number, import_exclusions and lift_exclusion write the list first, and so run one after the other (V0013). Then
--     they lock the mutex rows of the numbers in all stripes, and the contacts in the order of their ids.
--   - lift_exclusion locks the campaigns of its contacts FOR KEY SHARE, too, before it reads their status.
--
-- Safe on a live table: creates functions only.

set search_path = pg_catalog, pg_temp;


-- Reads a spelling of a number as a person would, and returns what to correct. It returns only fixed sentences, so that no
-- number gets into a verdict. Each step corrects one thing. If the result is a number, these things are the likely fix. The
-- patterns are E'' strings, so that they do not depend on standard_conforming_strings of the session.

create or replace function voicesurvey_rules.advise_on_number(value jsonb)
returns text
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $function$
declare
  number text := value #>> '{}';
  corrected text;
  advice text[] := array[]::text[];
begin
  if number is null or number = '' then
    return 'Add the number, with a plus and the country code.';
  end if;

  if length(number) > 100 then
    return 'Write only one number: a plus, the country code and the rest, 7 to 15 digits in all.';
  end if;

  if jsonb_typeof(value) = 'number' then
    return 'Write the number as text, in quotes and with its plus: a JSON number loses the plus and leading zeros.';
  end if;

  if number ~ E'^\\s*\\+?[0-9]+([.,][0-9]+)?[eE]\\+?[0-9]+\\s*$' then
    return 'Import the column as text: a spreadsheet has rounded the number.';
  end if;

  -- Invisible characters: byte order marks, marks of the direction of a text, soft hyphens.
  corrected := regexp_replace(number, E'[\\u0001-\\u001f\\u007f-\\u009f\\u00ad\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u2069\\ufeff]', '', 'g');

  if corrected <> number then
    advice := advice || 'Remove the invisible characters.'::text;
  end if;

  number := corrected;
  corrected := regexp_replace(number, E'^\\s*(tel|phone|sip)\\s*:\\s*', '', 'i');

  if corrected <> number then
    advice := advice || 'Remove the prefix before the number.'::text;
  end if;

  number := corrected;
  corrected := regexp_replace(number, E'\\(\\s*0\\s*\\)', '');

  if corrected <> number and corrected ~ E'^[^0-9]*(\\+|\\uff0b|00)' then
    advice := advice || 'Remove "(0)": the trunk zero is not dialled after a country code.'::text;
    number := corrected;
  end if;

  corrected := translate(number, E'\uff0b\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19', '+0123456789');

  if corrected <> number then
    advice := advice || 'Write the plus and the digits in ASCII.'::text;
  end if;

  number := corrected;
  corrected := regexp_replace(number, E'[\\s\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]', '', 'g');

  if corrected <> number then
    advice := advice || 'Remove the spaces.'::text;
  end if;

  number := corrected;
  corrected := regexp_replace(number, E'[-().,/\\\\_\\u2010-\\u2015''"`\\u2018\\u2019]', '', 'g');

  if corrected <> number then
    advice := advice || 'Remove the punctuation.'::text;
  end if;

  number := corrected;

  if number ~ E'^\\+?00[1-9]' then
    advice := advice || 'Write a plus in place of the leading 00.'::text;
    number := regexp_replace(number, E'^\\+?00', '+');
  elsif number ~ '^[0-9]+$' then
    advice := advice || case
      when number like '0%'
      then 'The number is in national format: write a plus and the country code, in most countries in place of the leading 0.'
      else 'Write a plus before the country code. If the number has no country code, add both.'
    end;

    number := '+' || case when number like '0%' then '1' else '' end || ltrim(number, '0');
  end if;

  if cardinality(advice) > 0 and voicesurvey_rules.is_phone_number(number) then
    return array_to_string(advice, ' ');
  end if;

  return case
    when number ~ '[^+0-9]' then 'Remove everything but the plus and the digits. An extension cannot be dialled.'
    when number ~ E'^\\+0' then 'Write the country code after the plus. It does not begin with 0.'
    when number ~ E'^\\+[0-9]{16,}$' then 'Check the number: it has more than 15 digits.'
    when number ~ E'^\\+[0-9]{0,6}$' then 'Check the number: it has fewer than 7 digits.'
    else 'Write a plus, the country code and the rest of the number: 7 to 15 digits in all.'
  end;
end
$function$;

-- Reads a boolean of a CSV file. Returns null for any other text.

create or replace function voicesurvey_rules.read_boolean(value text)
returns boolean
language sql
immutable
parallel safe
return case
  when value is null then false
  when lower(btrim(value)) in ('', 'false', 'f', 'no', 'n', '0') then false
  when lower(btrim(value)) in ('true', 't', 'yes', 'y', '1') then true
end;

create or replace function voicesurvey_rules.has_control_character(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ E'[\\u0001-\\u001f\\u007f-\\u009f]';

-- Ten characters of JSON, such as 1e131071 or 0e-16383, may be a number of many thousand digits: written out for each line, they
-- would fill the disk. A field with such a number becomes an object, which no field accepts. Few lines have a number that may be
-- one, and an expression of JSON paths does not know the scale of a zero. So one search of all lines comes first.

create or replace function voicesurvey_rules.has_long_number(value jsonb)
returns boolean
language sql
immutable
parallel safe
return exists (
  select
  from pg_catalog.jsonb_path_query(value, '$.** ? (@.type() == "number")') as found (number)
  where pg_catalog.abs(number::numeric) operator(pg_catalog.>=) 1e400
    or pg_catalog.scale(number::numeric) operator(pg_catalog.>) 400
);

create or replace function voicesurvey_rules.replace_long_numbers(lines jsonb)
returns jsonb
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $function$
declare
  may_be_long constant jsonpath := jsonpath '$.** ? (@.abs() >= 1e400 || @.abs() < 1e-400)';
begin
  if not lines @? may_be_long then
    return lines;
  end if;

  return (
    select jsonb_agg(
      case
        when jsonb_typeof(element.line) = 'object' and element.line @? may_be_long
        then (
          select jsonb_object_agg(
            field.key,
            case when voicesurvey_rules.has_long_number(field.value) then '{}' else field.value end
          )
          from jsonb_each(element.line) as field
        )
        else element.line
      end
      order by element.position
    )
    from jsonb_array_elements(lines) with ordinality as element (line, position)
  );
end
$function$;

create or replace function voicesurvey_rules.check_lines(lines jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if lines is null then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'lines_are_given',
      message = 'An import needs its lines, and lines is null.',
      hint = 'Pass a JSON array of objects. An empty array imports nothing.';
  end if;

  if jsonb_typeof(lines) <> 'array' then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'lines_are_an_array',
      message = format('The lines of an import are a JSON array, and lines is of type %s.', jsonb_typeof(lines)),
      hint = 'Pass a JSON array of objects, also for one line.';
  end if;
end
$function$;

create or replace function voicesurvey_rules.check_verdicts_count(verdicts bigint, lines integer)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if verdicts > lines then
    raise exception using
      errcode = 'serialization_failure',
      message = 'Could not serialize access: another session has deleted a number of this import since its snapshot.',
      hint = 'Run the transaction again.';
  end if;
end
$function$;

create or replace function voicesurvey_rules.check_number(number text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  if number is null then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'number_is_given',
      message = 'The function needs a number, and number is null.',
      hint = 'Pass the number in E.164: a plus and 7 to 15 digits.';
  end if;

  if not voicesurvey_rules.is_phone_number(number) then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'number_is_e164',
      message = 'The number is not in E.164: a plus and 7 to 15 digits, of which the first is not 0.',
      hint = voicesurvey_rules.advise_on_number(to_jsonb(number));
  end if;
end
$function$;

comment on function voicesurvey_rules.advise_on_number(jsonb) is
  'Returns how to correct a value that is not a telephone number in E.164. The result contains no part of the value. Called '
  'by the imports.';
comment on function voicesurvey_rules.read_boolean(text) is
  'Returns the boolean of a field of an imported line, false for an empty field, and null if the text is no boolean.';
comment on function voicesurvey_rules.has_control_character(text) is
  'Returns whether a text contains a control character.';
comment on function voicesurvey_rules.has_long_number(jsonb) is
  'Returns whether a JSON value has a number of more than 400 digits.';
comment on function voicesurvey_rules.replace_long_numbers(jsonb) is
  'Returns the lines of an import, with an empty object in place of each field that has a number of more than 400 digits.';
comment on function voicesurvey_rules.check_lines(jsonb) is
  'Raises an error unless the lines of an import are a JSON array.';
comment on function voicesurvey_rules.check_verdicts_count(bigint, integer) is
  'Raises a serialization failure if an import has more verdicts than lines. Called by the imports.';
comment on function voicesurvey_rules.check_number(text) is
  'Raises an error unless a number is in E.164.';

revoke execute on function
  voicesurvey_rules.advise_on_number(jsonb),
  voicesurvey_rules.read_boolean(text),
  voicesurvey_rules.has_control_character(text),
  voicesurvey_rules.has_long_number(jsonb),
  voicesurvey_rules.replace_long_numbers(jsonb),
  voicesurvey_rules.check_lines(jsonb),
  voicesurvey_rules.check_verdicts_count(bigint, integer),
  voicesurvey_rules.check_number(text)
from public;


-- The first statement reads the lines, judges each by itself, and inserts the contacts. Of several lines with one number, the
-- first is inserted, and the others find it there. Each line has the id that its contact gets, so that a later look-up
-- shows which contacts are new. The second statement reads the contacts as the triggers left them. With work_mem, 100,000
-- lines are sorted in memory.

create or replace function voicesurvey.import_contacts(campaign uuid, lines jsonb)
returns table (
  line_number integer,
  verdict text,
  contact_id uuid,
  state public.contact_state,
  reason text,
  suggestion text
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set work_mem = '32MB'
as $function$
declare
  status public.campaign_status;
  ids uuid[];
  numbers text[];
  verdicts text[];
  suggestions text[];
  opted_out text[];
  verdicts_count bigint;
begin
  perform voicesurvey_rules.check_lines(lines);
  lines := voicesurvey_rules.replace_long_numbers(lines);

  select existing.status
  into status
  from public.campaigns as existing
  where existing.id = campaign
  for key share;

  if not found then
    perform voicesurvey_rules.require_campaign(campaign);
  end if;

  if status in ('completed', 'cancelled') then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'campaign_has_not_ended',
      message = format('Campaign %s is %s, and a campaign that has ended gets no contacts.', campaign, status),
      hint = 'Create a new campaign, and import the contacts into it.';
  end if;

  with field as materialized (
    select
      element.position as line_number,
      jsonb_typeof(element.line) = 'object' as is_object,
      element.line -> 'phone_number' as phone_number_json,
      element.line ->> 'phone_number' as phone_number,
      jsonb_typeof(element.line -> 'external_contact_id') as external_contact_id_type,
      nullif(element.line ->> 'external_contact_id', '') as external_contact_id,
      nullif(element.line ->> 'email', '') as email,
      coalesce(nullif(element.line ->> 'preferred_language', ''), 'auto') as preferred_language,
      voicesurvey_rules.read_boolean(element.line ->> 'has_prior_consent') as has_prior_consent,
      voicesurvey_rules.read_boolean(element.line ->> 'do_not_call') as do_not_call
    from jsonb_array_elements(lines) with ordinality as element (line, position)
  ),
  judged as materialized (
    select
      field.*,
      gen_random_uuid() as id,
      case
        when not is_object then 'bad_line'
        when voicesurvey_rules.is_phone_number(phone_number) is not true then 'bad_number'
        when external_contact_id_type in ('object', 'array', 'boolean')
          or length(external_contact_id) > 255
          or voicesurvey_rules.has_control_character(external_contact_id)
        then 'bad_external_contact_id'
        when length(email) > 320
          or not voicesurvey_rules.is_email_address(email)
          or voicesurvey_rules.has_control_character(email)
        then 'bad_email'
        when preferred_language not in ('en', 'it', 'auto') then 'bad_language'
        when has_prior_consent is null then 'bad_prior_consent'
        when do_not_call is null then 'bad_do_not_call'
      end as bad
    from field
  ),
  inserted as (
    insert into public.contacts (
      id,
      campaign_id,
      phone_number,
      external_contact_id,
      email,
      preferred_language,
      has_prior_consent,
      do_not_call
    )
    select
      judged.id,
      campaign,
      phone_number,
      external_contact_id,
      email,
      preferred_language::public.contact_language,
      has_prior_consent,
      do_not_call
    from judged
    where bad is null
    order by phone_number collate "C", judged.line_number
    on conflict (campaign_id, phone_number) do nothing
  )
  select
    array_agg(line.id),
    array_agg(case when bad is null then phone_number end),
    array_agg(bad),
    array_agg(
      case bad
        when 'bad_number' then voicesurvey_rules.advise_on_number(phone_number_json)
        when 'bad_email' then
          case
            when voicesurvey_rules.is_email_address(btrim(email))
              and not voicesurvey_rules.has_control_character(email)
            then 'Remove the spaces around the address.'
          end
        when 'bad_language' then
          case
            when lower(btrim(preferred_language)) in ('en', 'it', 'auto')
            then 'Write the language in lower case and without spaces.'
          end
      end
    ),
    array_agg(phone_number) filter (where bad is null and do_not_call)
  into ids, numbers, verdicts, suggestions, opted_out
  from (select * from judged order by judged.line_number) as line;

  -- A person who has asked not to be called may be in the campaign already, or on an earlier line.
  if opted_out is not null then
    update public.contacts as contact
    set do_not_call = true
    where contact.id in (
        select locked.id
        from public.contacts as locked
        where locked.id = any (
            array(
              select existing.id
              from unnest(opted_out) as line (phone_number)
              -- "Is not distinct from" keeps the planner from indexes that begin with the campaign: if the statistics do not
              -- know a new campaign, it would take one that has only the campaign in common, and read all its contacts for
              -- each line.
              cross join lateral (
                select known.id, known.do_not_call
                from public.contacts as known
                where known.phone_number = line.phone_number
                  and known.campaign_id is not distinct from campaign
                offset 0
              ) as existing
              where not existing.do_not_call
            )
          )
          and not locked.do_not_call
        order by locked.id
        for no key update
      )
      and not contact.do_not_call;
  end if;

  return query
  select
    line.position::integer,
    result.verdict,
    contact.id,
    contact.state,
    case result.verdict
      when 'excluded' then
        case
          when contact.do_not_call then 'The line has do_not_call.'
          else 'The number is on the exclusion list.'
        end
      when 'already_there' then 'The campaign has the number already. Nothing was changed, except do_not_call if the line sets it.'
      when 'duplicate_in_batch' then 'An earlier line has the same number.'
      when 'bad_line' then 'The line is not a JSON object.'
      when 'bad_number' then 'phone_number is not in E.164: a plus and 7 to 15 digits, of which the first is not 0.'
      when 'bad_external_contact_id' then
        'external_contact_id is not a text or a number of at most 255 characters, without control characters.'
      when 'bad_email' then 'email is not an e-mail address.'
      when 'bad_language' then 'preferred_language is not en, it or auto.'
      when 'bad_prior_consent' then 'has_prior_consent is not true or false.'
      when 'bad_do_not_call' then 'do_not_call is not true or false.'
    end,
    line.suggestion
  from unnest(ids, numbers, verdicts, suggestions)
    with ordinality as line (id, phone_number, verdict, suggestion, position)
  left join lateral (
    select known.id, known.state, known.do_not_call
    from public.contacts as known
    where known.phone_number = line.phone_number
      and known.campaign_id is not distinct from campaign
    offset 0
  ) as contact
    on true
  cross join lateral (
    select coalesce(
      line.verdict,
      case
        when contact.id = line.id and contact.state = 'excluded' then 'excluded'
        when contact.id = line.id then 'accepted'
        when line.position not in (
          select min(same.position)
          from unnest(numbers) with ordinality as same (phone_number, position)
          group by same.phone_number
        )
        then 'duplicate_in_batch'
        else 'already_there'
      end
    )
  ) as result (verdict)
  order by line.position;
  get diagnostics verdicts_count = row_count;
  perform voicesurvey_rules.check_verdicts_count(verdicts_count, cardinality(ids));
end
$function$;

comment on function voicesurvey.import_contacts(uuid, jsonb) is
  'Imports contacts into a campaign that has not ended, from a JSON array of objects with the fields phone_number, '
  'external_contact_id, email, preferred_language, has_prior_consent and do_not_call. Returns one verdict per line, in '
  'order: accepted, excluded, already_there, duplicate_in_batch, bad_line, bad_number, bad_external_contact_id, bad_email, '
  'bad_language, bad_prior_consent or bad_do_not_call, with the contact, its state now, a reason and for some bad values a '
  'suggestion. Only lines with the verdicts accepted and excluded add a contact. A line with do_not_call excludes the '
  'contact of its number also if it is there already or is a duplicate. Other fields are ignored. Called by the import.';

revoke execute on function voicesurvey.import_contacts(uuid, jsonb) from public;


create or replace function voicesurvey.import_exclusions(lines jsonb)
returns table (line_number integer, verdict text, entry_id uuid, reason text, suggestion text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  ids uuid[];
  numbers text[];
  verdicts text[];
  suggestions text[];
  verdicts_count bigint;
begin
  perform voicesurvey_rules.check_lines(lines);
  lines := voicesurvey_rules.replace_long_numbers(lines);

  with field as materialized (
    select
      element.position as line_number,
      jsonb_typeof(element.line) = 'object' as is_object,
      element.line -> 'phone_number' as phone_number_json,
      element.line ->> 'phone_number' as phone_number,
      jsonb_typeof(element.line -> 'reason') as reason_type,
      nullif(element.line ->> 'reason', '') as reason,
      coalesce(nullif(element.line ->> 'source', ''), 'import') as source
    from jsonb_array_elements(lines) with ordinality as element (line, position)
  ),
  judged as (
    select
      field.*,
      case
        when not is_object then 'bad_line'
        when voicesurvey_rules.is_phone_number(phone_number) is not true then 'bad_number'
        when reason_type in ('object', 'array', 'boolean') then 'bad_reason'
        when source not in ('import', 'api', 'manual') then 'bad_source'
      end as bad
    from field
  ),
  numbered as materialized (
    select
      judged.*,
      gen_random_uuid() as id,
      row_number() over (
        partition by bad is null, phone_number collate "C"
        order by judged.line_number
      ) as occurrence
    from judged
  ),
  inserted as (
    insert into public.exclusion_list_entries (id, phone_number, reason, source)
    select numbered.id, phone_number, numbered.reason, source::public.exclusion_source
    from numbered
    where bad is null
      and occurrence = 1
    order by phone_number collate "C"
    on conflict (phone_number) do nothing
  )
  select
    array_agg(line.id),
    array_agg(case when bad is null then phone_number end),
    array_agg(case when bad is null and occurrence > 1 then 'duplicate_in_batch' else bad end),
    array_agg(case bad when 'bad_number' then voicesurvey_rules.advise_on_number(phone_number_json) end)
  into ids, numbers, verdicts, suggestions
  from (select * from numbered order by numbered.line_number) as line;

  return query
  select
    line.position::integer,
    result.verdict,
    entry.id,
    case result.verdict
      when 'already_listed' then 'The number is on the exclusion list already.'
      when 'duplicate_in_batch' then 'An earlier line has the same number.'
      when 'bad_line' then 'The line is not a JSON object.'
      when 'bad_number' then 'phone_number is not in E.164: a plus and 7 to 15 digits, of which the first is not 0.'
      when 'bad_reason' then 'reason is not a text.'
      when 'bad_source' then 'source is not import, api or manual.'
    end,
    line.suggestion
  from unnest(ids, numbers, verdicts, suggestions)
    with ordinality as line (id, phone_number, verdict, suggestion, position)
  left join lateral (
    select listed.id
    from public.exclusion_list_entries as listed
    where listed.phone_number = line.phone_number
    offset 0
  ) as entry
    on true
  cross join lateral (
    select coalesce(
      line.verdict,
      case when entry.id is distinct from line.id then 'already_listed' else 'accepted' end
    )
  ) as result (verdict)
  order by line.position;
  get diagnostics verdicts_count = row_count;
  perform voicesurvey_rules.check_verdicts_count(verdicts_count, cardinality(ids));
end
$function$;

comment on function voicesurvey.import_exclusions(jsonb) is
  'Adds numbers to the exclusion list, from a JSON array of objects with the fields phone_number, reason and source '
  '(import by default). The contacts of the numbers are excluded in all campaigns. Returns one verdict per line, in order: '
  'accepted, already_listed, duplicate_in_batch, bad_line, bad_number, bad_reason or bad_source, with the entry, a reason '
  'and for some bad numbers a suggestion. Called by the import.';

revoke execute on function voicesurvey.import_exclusions(jsonb) from public;


create or replace function voicesurvey.exclude_number(
  number text,
  reason text default null,
  source public.exclusion_source default 'api'
)
returns table (entry_id uuid, verdict text, contacts_excluded bigint)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  new_entry uuid;
begin
  perform voicesurvey_rules.check_number(number);

  insert into public.exclusion_list_entries (phone_number, reason, source)
  values (number, nullif(exclude_number.reason, ''), coalesce(exclude_number.source, 'api'))
  on conflict (phone_number) do nothing
  returning id into new_entry;

  return query
  select
    coalesce(
      new_entry,
      (select entry.id from public.exclusion_list_entries as entry where entry.phone_number = number)
    ),
    case when new_entry is null then 'already_listed' else 'accepted' end,
    (
      select count(*)
      from public.contacts as contact
      where contact.phone_number = number
        and contact.state = 'excluded'
    );
end
$function$;

comment on function voicesurvey.exclude_number(text, text, public.exclusion_source) is
  'Adds a number to the exclusion list, which excludes its contacts in all campaigns. An open call may still end. Returns the '
  'entry, the verdict accepted or already_listed, and how many contacts of the number are excluded now. Called by all '
  'services.';

revoke execute on function voicesurvey.exclude_number(text, text, public.exclusion_source) from public;


-- A contact returns to the state that its attempts allow. It stays excluded
--   - if its do_not_call is set, or its campaign has ended;
--   - while it is in a call, which no state but excluded allows;
--   - if its latest call completed or refused, because such a call is the last one;
--   - if its latest call was erased (V0013).
-- A repeated call returns the contacts whose calls have ended meanwhile.

create or replace function voicesurvey.lift_exclusion(number text, reason text)
returns table (
  entries_removed bigint,
  contacts_pending bigint,
  contacts_not_reached bigint,
  contacts_excluded bigint
)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
declare
  previous_reason text := current_setting('voicesurvey.reason', true);
  removed bigint;
  pending_ids uuid[];
  not_reached_ids uuid[];
begin
  perform voicesurvey_rules.check_number(number);

  if voicesurvey_rules.is_not_blank(reason) is not true then
    raise exception using
      errcode = 'invalid_parameter_value',
      schema = 'voicesurvey',
      constraint = 'reason_is_given',
      message = 'An exclusion is lifted for a reason, and reason is null or blank.',
      hint = 'Pass a reason, for example person_agreed.';
  end if;

  -- Read by the trigger that records the deletion.
  perform set_config('voicesurvey.reason', reason, true);

  -- The deletion locks it, too, but would not see the entry of an exclusion for which it waited.
  lock table voicesurvey_rules.exclusion_gate in share update exclusive mode;

  delete from public.exclusion_list_entries as entry
  where entry.phone_number = number;
  get diagnostics removed = row_count;

  perform set_config('voicesurvey.reason', coalesce(previous_reason, ''), true);

  perform voicesurvey_rules.lock_mutex_rows(
    array(
      select voicesurvey_rules.mutex_row_of_number(number, stripe)
      from generate_series(0, 7) as stripe
    )
  );

  perform
  from public.contacts as contact
  join public.campaigns as campaign
    on campaign.id = contact.campaign_id
  where contact.phone_number = number
    and contact.state = 'excluded'
    and not contact.do_not_call
  order by contact.id
  for no key update of contact
  for key share of campaign;

  with candidate as (
    select
      contact.id,
      case when contact.attempts_count < campaign.max_attempts then 'pending' else 'not_reached' end as state,
      latest.outcome
    from public.contacts as contact
    join public.campaigns as campaign
      on campaign.id = contact.campaign_id
    left join public.call_attempts as latest
      on latest.contact_id = contact.id
      and latest.attempt_number = contact.attempts_count
    where contact.phone_number = number
      and contact.state = 'excluded'
      and not contact.do_not_call
      and campaign.status not in ('completed', 'cancelled')
      and (contact.attempts_count = 0 or latest.outcome in ('no_answer', 'busy', 'failed'))
  ),
  returned as (
    update public.contacts as contact
    set state = candidate.state::public.contact_state,
      last_outcome = candidate.outcome
    from candidate
    where contact.id = candidate.id
      and contact.state = 'excluded'
    returning contact.id, contact.state
  )
  select
    array_agg(returned.id) filter (where returned.state = 'pending'),
    array_agg(returned.id) filter (where returned.state = 'not_reached')
  into pending_ids, not_reached_ids
  from returned;

  -- The attempts of these are used up. If they were excluded during their last call, that was not published.
  insert into public.events (event_type, campaign_id, contact_id, call_attempt_id)
  select 'survey.not_reached', contact.campaign_id, contact.id, latest.id
  from public.contacts as contact
  join public.call_attempts as latest
    on latest.contact_id = contact.id
    and latest.attempt_number = contact.attempts_count
  where contact.id = any (not_reached_ids)
  order by contact.id
  on conflict do nothing;

  return query
  select
    removed,
    coalesce(cardinality(pending_ids), 0)::bigint,
    coalesce(cardinality(not_reached_ids), 0)::bigint,
    (
      select count(*)
      from public.contacts as contact
      where contact.phone_number = number
        and contact.state = 'excluded'
    );
end
$function$;

comment on function voicesurvey.lift_exclusion(text, text) is
  'Deletes the exclusion list entry of a number, if there is one, and returns its excluded contacts: to pending while '
  'attempts are left, else to not_reached, which is published. Returns how many entries were deleted, how many contacts '
  'were returned to each state, and how many are still excluded: with do_not_call, in a call, of an ended campaign, or after '
  'a call that completed, was refused or was erased. The reason is recorded if it is a code of lower-case letters and '
  'underscores. Called by managers.';

revoke execute on function voicesurvey.lift_exclusion(text, text) from public;
