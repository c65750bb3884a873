alter table public.owners
  drop column if exists title;
