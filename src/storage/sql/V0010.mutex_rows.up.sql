-- V0010: the locks that later versions share: mutex rows, and the keys of advisory locks.
--
-- Two rules depend on rows that may not exist yet. A call may start only while fewer than max_concurrent_calls are
-- open (rule 4), and a number may be imported as pending only while it is not on the exclusion list (rule 1). No row
-- of the product's tables can be locked to protect such a condition. Later versions lock mutex rows instead.
--
-- A mutex row is a row that a transaction writes in order to lock it. Transactions that write the same mutex row
-- run one after the other, each up to its commit. In READ COMMITTED, a transaction waits for the row, and its next
-- statement sees what the other transaction committed. In REPEATABLE READ and SERIALIZABLE, a transaction whose
-- snapshot is older than the last write of the row fails with SQLSTATE 40001, and its retry takes a new snapshot.
-- An advisory lock would not be enough: after the wait, a transaction at these levels would read its old snapshot.
--
-- Row 0 serializes claims. Rows 1 to 256 protect telephone numbers: 32 shards of numbers by their hash, times 8
-- stripes. An import locks the shards of its numbers in one stripe, and an exclusion locks them in all stripes. Like
-- the readers of a striped read-write lock, up to 8 importers work without waiting for each other and without
-- deadlocks, even if they import row by row, while an exclusion waits for all of them. More shards would cost more
-- and help little, since a larger import locks every shard.
--
-- Row 257 is written by a change of the consumers of events (V0024). Rows 258 to 265 are written by late metadata (V0016), and
-- rows 266 to 273 by late recordings (V0025), each in one stripe. They wait for none of each other, and leave a write that
-- fails a job with an older snapshot.
--
-- Several mutex rows are locked in ascending order, so that two transactions which lock several do not deadlock.
-- A row is inserted on first use, so there is nothing to seed. Like the rows that it protects, a mutex row is logged: a
-- prepared transaction survives a crash and a promotion of a standby, and so does its lock, in the row itself.
--
-- Two more locks make sessions queue. No rule depends on them.
--   - A change of the exclusion list takes the table lock of exclusion_gate (V0013), which conflicts with itself. So these
--     changes run one after the other. The same lock of mutex_rows would conflict with reindex concurrently, which holds it
--     while it waits for all older transactions: an exclusion could be the victim of a deadlock.
--   - An import holds one of eight advisory locks, so that another import chooses another stripe.
--
-- Another role cannot take a lock of these tables, because it has no USAGE on their schema (V0002). An advisory lock
-- needs no privilege: any role that may connect can take it and hold it. So only the choice of a stripe uses advisory locks,
-- because an import that gets none of them shares a stripe with another import. Their first key is advisory_lock_class(), which
-- no lock of the migration engine uses. The second key is 1 to 8.
--
-- Safe on a live table: locks no table of the product.

set search_path = pg_catalog, pg_temp;


create table if not exists voicesurvey_rules.mutex_rows (
  id integer not null,
  lock_count bigint not null default 1,

  constraint mutex_rows_have_unique_ids
    primary key (id)
)
with (fillfactor = 10);

comment on table voicesurvey_rules.mutex_rows is
  'Rows that a transaction writes in order to lock them: 0 for a claim, 1 to 256 for an import or an exclusion of '
  'numbers with that hash, 257 for a new consumer, 258 to 273 for metadata and recordings that are reported late. Written by '
  'lock_mutex_rows, row 0 also by check_new_call, and row 257 by queue_deliveries. Holds no data.';
comment on column voicesurvey_rules.mutex_rows.id is
  'Which lock: 0 for claims, 1 to 256 for numbers, 257 for consumers, 258 to 273 for late reports. Written by '
  'lock_mutex_rows.';
comment on column voicesurvey_rules.mutex_rows.lock_count is
  'How often the row was locked. The number has no meaning; the write is what locks the row. Written like the table.';

-- This table has no rows: only the table itself is locked. It has no index, which could be built again.

create table if not exists voicesurvey_rules.exclusion_gate (
  id integer not null,

  constraint the_exclusion_gate_has_no_rows
    check (false)
);

comment on table voicesurvey_rules.exclusion_gate is
  'A table without rows, whose table lock a change of the exclusion list takes. Holds no data.';
comment on column voicesurvey_rules.exclusion_gate.id is
  'Has no meaning. Written by no session.';
comment on constraint the_exclusion_gate_has_no_rows on voicesurvey_rules.exclusion_gate is
  'Rule 1: the table has no rows, because only the table itself is locked.';

create or replace function voicesurvey_rules.advisory_lock_class()
returns integer
language sql
immutable
parallel safe
return 1987277420;

create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
begin
  -- Rows that this transaction has locked before are left out: each write would add a row version to skip.
  insert into voicesurvey_rules.mutex_rows as mutex (id)
  select distinct wanted.id
  from unnest(ids) as wanted (id)
  where not exists (
    select
    from voicesurvey_rules.mutex_rows as locked
    where locked.id = wanted.id
      and locked.xmin = pg_current_xact_id()::xid
  )
  order by wanted.id
  on conflict (id) do update
    set lock_count = mutex.lock_count + 1;
end
$function$;

create or replace function voicesurvey_rules.mutex_row_of_number(phone_number text, stripe integer)
returns integer
language sql
immutable
parallel safe
return 1 + 8 * (pg_catalog.hashtext(phone_number) operator(pg_catalog.&) 31) + stripe;

create or replace function voicesurvey_rules.choose_import_stripe()
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $function$
declare
  chosen text := current_setting('voicesurvey.import_stripe', true);
  stripe integer := pg_backend_pid() % 8;
begin
  -- A transaction that locked two stripes, the second one lower, could deadlock with an exclusion, which locks all of them.
  if chosen ~ '^[0-7]$' then
    return chosen::integer;
  end if;

  for candidate in 0..7 loop
    if pg_try_advisory_xact_lock(voicesurvey_rules.advisory_lock_class(), 1 + candidate) then
      stripe := candidate;
      exit;
    end if;
  end loop;

  perform set_config('voicesurvey.import_stripe', stripe::text, true);
  return stripe;
end
$function$;

comment on function voicesurvey_rules.advisory_lock_class() is
  'The first key of every advisory lock of the rules: the letters "vsrl" in ASCII.';
comment on function voicesurvey_rules.lock_mutex_rows(integer[]) is
  'Locks mutex rows until the end of the transaction, in ascending order. Waits for transactions that hold them, and '
  'fails with 40001 if the snapshot is too old. Called by the functions that keep rules 1, 2, 4 and 10.';
comment on function voicesurvey_rules.mutex_row_of_number(text, integer) is
  'The mutex row, 1 to 256, of a telephone number in a stripe, 0 to 7.';
comment on function voicesurvey_rules.choose_import_stripe() is
  'Chooses a stripe, 0 to 7, that no other transaction uses, and keeps it until the end of the transaction, in the setting '
  'voicesurvey.import_stripe. If all are in use, returns one that another transaction uses too. Called by the functions that '
  'keep rules 1 and 10.';

revoke execute on function
  voicesurvey_rules.advisory_lock_class(),
  voicesurvey_rules.lock_mutex_rows(integer[]),
  voicesurvey_rules.mutex_row_of_number(text, integer),
  voicesurvey_rules.choose_import_stripe()
from public;
