-- Synthetic data: the telephone numbers, and the exclusion list. It comes first, so that no listed number was ever called.
--
-- Runs in one transaction, after seed.sql, at the newest version of the schema. The setting voicesurvey.synthetic says what
-- to make, as JSON: seed, contacts and until.
--
-- The same setting makes the same rows on every server: each value follows from a SHA-256 of it and a number, and none from
-- random(). Different are only updated_at of rows that were updated, and the audit log, which the database writes itself.
-- No rule is switched off.

set local search_path = pg_catalog, pg_temp;


insert into public.exclusion_list_entries (id, phone_number, reason, source, created_at)
select
  (substr(listed.hex, 1, 12) || '4' || substr(listed.hex, 14, 3) || '8' || substr(listed.hex, 18, 15))::uuid,
  listed.phone_number,
  case listed.slot % 3
    when 0 then 'On the national do-not-call register'
    when 1 then 'Objected by the form on the web site'
  end,
  (array['import', 'api', 'manual'])[1 + listed.slot % 3]::public.exclusion_source,
  -- Whole hours, since a day of a session's time zone may have 23.
  date_trunc('day', listed.until, 'UTC') - interval '3600 hours'
from (
  select
    number.slot,
    number.phone_number,
    run.until,
    encode(sha256(convert_to(format('%s exclusion %s', run.seed, number.phone_number), 'UTF8')), 'hex') as hex
  from jsonb_to_record(current_setting('voicesurvey.synthetic')::jsonb)
    as run (seed bigint, contacts integer, until timestamptz)
  cross join lateral (
    select slot, pg_temp.synthetic_phone_number(country, slot) as phone_number
    from (
      values
        ('uk', 0, 16999),
        ('us', 0, 9999),
        ('it', (run.seed % 100 * 10000000)::integer + 1, (run.seed % 100 * 10000000)::integer + run.contacts)
    ) as range (country, first_slot, last_slot)
    cross join lateral generate_series(first_slot, last_slot) as slot
    where slot % 97 = 40
  ) as number
) as listed
order by listed.phone_number
on conflict do nothing;
