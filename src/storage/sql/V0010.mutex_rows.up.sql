-- V0010: turns, for what no row of ours can be locked for.
--
-- Two rules look for rows that may not be there: a call is claimed while fewer than max_concurrent_calls are
-- open (rule 4), and a number is imported while it is not on the exclusion list (rule 1). Whoever looks must
-- keep others from writing what he looks for, until he commits.
--
-- An advisory lock does that in READ COMMITTED only. In REPEATABLE READ and SERIALIZABLE a transaction waits
-- for the lock and then looks at a snapshot that is older than the wait. So a turn is a row, and who takes it
-- writes it: in READ COMMITTED the next one waits and then sees everything; in the stricter levels the next
-- one gets SQLSTATE 40001 and tries again with a new snapshot.
--
-- There are 257 turns: 0 is that of claiming a call, 1 to 256 are those of the numbers: 32 by their hash, each in
-- eight lanes. More would lock no less and cost more. Who imports numbers takes their turns in one lane, of which
-- up to eight importers have one each: so they never wait for each other, nor for a deadlock, though they import
-- row by row. Who excludes a number takes its turn in all lanes, and meets each of them.
--
-- Turns are made when they are first needed, so that there is nothing to seed and nothing to lose. The table is
-- unlogged, since a turn does not outlive its transaction, nor a transaction a crash. A prepared one does, where
-- the server allows it; so there each turn has an advisory lock too, which comes back with the transaction.
-- Several turns are taken in ascending order, so that two who take several do not wait for each other.
--
-- Of the advisory locks whose first key is the letters "voic" in ASCII, 0 is the gate of claims (V0012), 1 to 8
-- tell which lanes are taken, 9 has those who exclude queue (V0013), and 16 to 272 are those of the turns 0 to 256.
--
-- The table is in a schema of its own: it is not of the product's model, and nobody but the functions that
-- keep rules 1 and 4 writes it.


create unlogged table if not exists voicesurvey_rules.mutex_rows (
  id integer not null,
  taken bigint not null default 1,

  constraint turns_are_known_by_number
    primary key (id)
)
with (fillfactor = 10);

comment on table voicesurvey_rules.mutex_rows is
  'Rows that are written in order to be locked: 0 by who claims a call, 1 to 256 by who imports or excludes '
  'a number of that hash. Written by lock_mutex_rows, and turn 0 also by check_new_call.';
comment on column voicesurvey_rules.mutex_rows.id is
  'Which turn: 0 for calls, 1 to 256 for numbers. Written by lock_mutex_rows.';
comment on column voicesurvey_rules.mutex_rows.taken is
  'How often the turn was taken; it means nothing but that the row changed. Written as the table is.';

create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[])
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $function$
begin
  if current_setting('max_prepared_transactions') <> '0' then
    perform pg_advisory_xact_lock(x'766f6963'::integer, 16 + wanted.id)
    from (
      select distinct id
      from unnest(ids) as id
      order by id
    ) as wanted;
  end if;

  -- A turn that this transaction has taken already is its own: another version of the row would only be
  -- one more to step over.
  insert into voicesurvey_rules.mutex_rows as turn (id)
  select distinct wanted.id
  from unnest(ids) as wanted (id)
  where not exists (
    select
    from voicesurvey_rules.mutex_rows as taken
    where taken.id = wanted.id
      and taken.xmin = pg_current_xact_id()::xid
  )
  order by wanted.id
  on conflict (id) do update
    set taken = turn.taken + 1;
end
$function$;

revoke execute on function voicesurvey_rules.lock_mutex_rows(integer[]) from public;

create or replace function voicesurvey_rules.mutex_row_of_number(phone_number text, lane integer)
returns integer
language sql
immutable
parallel safe
return 1 + 8 * (pg_catalog.hashtext(phone_number) operator(pg_catalog.&) 31) + lane;

create or replace function voicesurvey_rules.choose_import_stripe()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  for lane in 0..7 loop
    if pg_try_advisory_xact_lock(x'766f6963'::integer, 1 + lane) then
      return lane;
    end if;
  end loop;

  return pg_backend_pid() % 8;
end
$function$;

comment on function voicesurvey_rules.lock_mutex_rows(integer[]) is
  'Takes turns until the transaction ends, in ascending order: waits for who has them, or fails with 40001 '
  'where the snapshot would be too old. Called by the functions that keep rules 1 and 4.';
comment on function voicesurvey_rules.mutex_row_of_number(text, integer) is
  'The turn, 1 to 256, of a telephone number in a lane, 0 to 7.';
comment on function voicesurvey_rules.choose_import_stripe() is
  'A lane, 0 to 7, that no other importer has; a shared one while all are taken. Called by the functions that '
  'keep rule 1.';
