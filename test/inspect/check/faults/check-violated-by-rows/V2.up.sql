alter table people drop constraint if exists email_looks_like_one;
alter table people add constraint email_looks_like_one
  check (email like '%@%');
