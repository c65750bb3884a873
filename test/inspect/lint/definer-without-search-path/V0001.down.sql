drop table public.things;
