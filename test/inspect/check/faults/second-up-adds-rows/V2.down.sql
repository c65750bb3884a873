drop table if exists cities;
