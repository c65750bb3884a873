drop index if exists one_person_per_email;
alter table people drop column if exists city;
