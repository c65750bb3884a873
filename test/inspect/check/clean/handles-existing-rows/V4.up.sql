update people set age = null where age <= 0;
alter table people validate constraint age_is_positive;
