drop table if exists letters;
drop table if exists people;
