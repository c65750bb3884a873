alter table people drop constraint if exists age_is_known;
alter table people add constraint age_is_known
  check (age is not null) not valid;
