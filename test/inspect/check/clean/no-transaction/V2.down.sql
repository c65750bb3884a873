-- migrate: no-transaction
drop index concurrently if exists people_by_name;
