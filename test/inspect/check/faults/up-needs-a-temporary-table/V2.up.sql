alter table people add column if not exists line text;
insert into notes values (1);
