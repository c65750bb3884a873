alter table people validate constraint age_is_known;
