alter table people drop constraint if exists age_is_positive;
