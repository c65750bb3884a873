-- migrate: no-transaction
create index concurrently people_by_name on people (name);
