create table if not exists people (
  id integer generated always as identity primary key,
  name text not null default 'nobody',
  email text,
  age integer
);
set search_path = pg_catalog;
set role pg_monitor;
