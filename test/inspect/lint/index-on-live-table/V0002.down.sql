drop index if exists public.owners_by_name;
