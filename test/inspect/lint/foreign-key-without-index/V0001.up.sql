create table if not exists public.owners (
  id uuid not null default gen_random_uuid(),
  name text not null,

  constraint owners_have_unique_ids
    primary key (id)
);

comment on table public.owners is
  'People who own something.';
comment on column public.owners.id is
  'The owner''s key. Written by the server.';
comment on column public.owners.name is
  'What the owner is called.';
