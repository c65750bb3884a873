drop table if exists public.owners;
