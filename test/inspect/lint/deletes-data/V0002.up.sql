delete from public.owners where name = '';
truncate public.owners;
with gone as (delete from public.owners returning id) select count(*) from gone;
do $$
begin
  delete from public.owners;
end
$$;
do $$
begin
  execute 'drop table ' || 'public.others';
exception
  when undefined_table then null;
end
$$;
alter table public.owners alter column code type varchar(5);
alter table public.owners alter column code type text using left(code, 2);
alter table public.owners alter column size type numeric(6, 1);
alter table public.owners alter column born type date;
alter table public.owners
  alter column number type bigint,
  alter column name type varchar;
alter table public.owners drop column if exists missing;
create temporary table scratch (id integer);
delete from scratch;
drop table scratch;
-- check: allow deletes-data nobody reads it
alter table public.owners drop column number;
drop table public.owners;
