drop table if exists public.people;
set role pg_monitor;
