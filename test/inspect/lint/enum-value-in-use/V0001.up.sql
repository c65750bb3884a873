do $types$
begin
  if to_regtype('public.mood') is null then
    create type public.mood as enum ('glad', 'sad');
  end if;
end
$types$;

comment on type public.mood is
  'How somebody feels.';

create table if not exists public.owners (
  id uuid not null default gen_random_uuid(),
  name text not null,
  mood public.mood not null default 'glad',

  constraint owners_have_unique_ids
    primary key (id)
);

comment on table public.owners is
  'People who own something.';
comment on column public.owners.id is
  'The owner''s key. Written by the server.';
comment on column public.owners.name is
  'What the owner is called.';
comment on column public.owners.mood is
  'How the owner feels.';
