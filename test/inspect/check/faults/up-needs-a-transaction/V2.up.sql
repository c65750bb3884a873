lock table people in share row exclusive mode;
alter table people add column if not exists city text;
