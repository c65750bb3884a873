-- check: allow index-on-live-table installations have ten owners at most
create index if not exists owners_by_name
  on public.owners (name);

alter table public.owners
  add column if not exists friend_id uuid,
  drop constraint if exists a_friend_is_an_owner,
  add constraint a_friend_is_an_owner
    foreign key (friend_id) references public.owners (id) not valid;

comment on column public.owners.friend_id is
  'The owner''s best friend; null for none.';

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
