alter table public.owners
  drop constraint if exists a_friend_is_an_owner,
  add constraint a_friend_is_an_owner
    foreign key (friend_id) references public.owners (id) not valid;
