drop table if exists settings;
