-- check: allow index-on-live-table the table is empty in all installations
alter table public.owners
  add column if not exists title text;

comment on column public.owners.title is
  'How the owner is addressed.';
