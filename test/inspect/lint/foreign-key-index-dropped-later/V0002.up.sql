create table if not exists public.things (
  id uuid not null default gen_random_uuid(),
  owner_id uuid not null,

  constraint things_have_unique_ids
    primary key (id),
  constraint thing_has_an_owner
    foreign key (owner_id) references public.owners (id)
);

comment on table public.things is
  'What people own.';
comment on column public.things.id is
  'The thing''s key. Written by the server.';
comment on column public.things.owner_id is
  'Whose it is.';

create index if not exists things_by_owner
  on public.things (owner_id);
