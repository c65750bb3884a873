alter table public.owners
  drop column if exists nickname,
  drop column if exists title;
