alter table public.owners
  add column if not exists born_at timestamp(3);

comment on column public.owners.born_at is
  'When the owner was born.';
