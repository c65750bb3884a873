alter table people drop constraint if exists people_age_check;
