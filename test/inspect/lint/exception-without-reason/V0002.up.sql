-- check: allow index-on-live-table
create index if not exists owners_by_name
  on public.owners (name);
