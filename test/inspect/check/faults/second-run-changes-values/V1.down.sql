drop table if exists people;
