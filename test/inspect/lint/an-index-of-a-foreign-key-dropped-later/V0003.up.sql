-- Nobody seems to use it.

drop index if exists public.things_by_owner;
