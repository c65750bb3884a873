drop table if exists more;
