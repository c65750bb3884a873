-- migrate: no-transaction

create index concurrently if not exists owners_by_friend
  on public.owners (friend_id);
