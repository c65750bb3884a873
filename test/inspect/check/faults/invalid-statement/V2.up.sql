select 1;
alter table people
  add column if not exists city wrong;
