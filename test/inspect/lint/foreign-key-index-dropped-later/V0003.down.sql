create index if not exists things_by_owner
  on public.things (owner_id);
