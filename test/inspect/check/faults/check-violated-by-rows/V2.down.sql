alter table people drop constraint if exists email_looks_like_one;
