create index if not exists people_by_name on people (name);
