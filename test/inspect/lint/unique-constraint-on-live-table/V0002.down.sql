alter table public.owners
  drop constraint if exists a_name_is_used_once;
