alter table people drop column if exists mood;
