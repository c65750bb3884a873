-- No query uses it.

drop index if exists public.things_by_owner;
