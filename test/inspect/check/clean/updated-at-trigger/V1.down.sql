drop table if exists visits;
drop function if exists stamp();
