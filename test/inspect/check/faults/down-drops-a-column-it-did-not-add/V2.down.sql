alter table people drop column if exists city, drop column if exists age;
