begin;
drop table if exists people;
commit;
