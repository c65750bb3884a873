alter table people add column if not exists city text not null default 'nowhere';
update people set email = id || '@example.com' where email is null or email not like '%@%';
create unique index if not exists one_person_per_email on people (email);
