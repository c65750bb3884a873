create table if not exists public.things (
  number bigint generated always as identity,

  constraint things_have_unique_numbers
    primary key (number)
);

comment on table public.things is
  'What people own.';
comment on column public.things.number is
  'The thing''s key. Written by the server.';
