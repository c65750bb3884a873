alter table public.owners
  drop column if exists born_at;
