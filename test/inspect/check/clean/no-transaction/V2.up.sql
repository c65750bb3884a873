-- migrate: no-transaction
create index concurrently if not exists people_by_name on people (name);
