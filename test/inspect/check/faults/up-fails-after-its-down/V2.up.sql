insert into settings (name, value)
select 'colour', 'blue'
where not exists (select from settings where name = 'colour' and value = 'blue');
