drop table if exists public.things;
