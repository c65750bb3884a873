drop table if exists public.owners;
drop type if exists public.mood;
