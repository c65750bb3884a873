alter table people drop constraint if exists age_is_positive;
alter table people add constraint age_is_positive
  check (age > 0) not valid;
comment on constraint age_is_positive on people is 'Ages start at 1.';
