alter table public.owners
  validate constraint a_friend_is_an_owner;
