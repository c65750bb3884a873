create table if not exists visits (
  id integer generated always as identity primary key,
  place text,
  seen_at timestamptz not null default now(),
  seen_on date
);
create or replace function stamp() returns trigger language plpgsql as $$
begin
  new.seen_at := clock_timestamp();
  return new;
end
$$;
create or replace trigger visits_are_stamped before update on visits for each row execute function stamp();
