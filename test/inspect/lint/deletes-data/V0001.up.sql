create table if not exists public.owners (
  id uuid not null default gen_random_uuid(),
  name text not null,
  code varchar(10),
  size numeric(6, 2),
  born timestamptz,
  number integer,

  constraint owners_have_unique_ids
    primary key (id)
);

comment on table public.owners is
  'People who own something.';
comment on column public.owners.id is
  'The owner''s key. Written by the server.';
comment on column public.owners.name is
  'What the owner is called.';
comment on column public.owners.code is
  'A code.';
comment on column public.owners.size is
  'A size.';
comment on column public.owners.born is
  'A time.';
comment on column public.owners.number is
  'A number.';
