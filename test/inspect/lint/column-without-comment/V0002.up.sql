alter table public.owners
  add column if not exists nickname text,
  add column if not exists title text;

comment on column public.owners.nickname is
  'What friends call the owner.';
