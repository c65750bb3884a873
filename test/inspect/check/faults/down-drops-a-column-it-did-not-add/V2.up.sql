alter table people add column if not exists city text;
