alter table public.owners
  drop constraint if exists a_name_is_used_once,
  add constraint a_name_is_used_once
    unique (name);
