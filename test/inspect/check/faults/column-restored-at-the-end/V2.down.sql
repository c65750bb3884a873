alter table people add column if not exists email text;
