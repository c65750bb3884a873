drop table if exists public.orders;
