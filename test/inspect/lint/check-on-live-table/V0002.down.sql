alter table public.owners
  drop constraint if exists owner_has_a_name;
