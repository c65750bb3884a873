create table if not exists cities (name text);
insert into cities (name) values ('Rome'), ('Turin');
