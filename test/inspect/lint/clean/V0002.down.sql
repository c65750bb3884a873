drop table if exists public.things;
alter table public.owners
  drop constraint if exists a_friend_is_an_owner,
  drop column if exists friend_id;
drop index if exists public.owners_by_name;
