create table public.things (
  id uuid constraint one_thing_per_id primary key
);
comment on table public.things is 'Things.';
comment on column public.things.id is 'Key.';
