create table if not exists settings (name text primary key, value text);
