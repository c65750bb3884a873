-- migrate: no-transaction

drop index concurrently if exists public.owners_by_friend;
