create index if not exists people_by_name on people (name);
alter table people add column if not exists city text;
