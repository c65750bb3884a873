create table if not exists public.things (
  number bigint generated always as identity,

  constraint things_are_known_by_number
    primary key (number)
);

comment on table public.things is
  'What people own.';
comment on column public.things.number is
  'The thing''s key. Written by the server.';
