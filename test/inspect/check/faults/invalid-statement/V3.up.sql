create table if not exists more (id integer);
