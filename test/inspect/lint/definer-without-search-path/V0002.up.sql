create function public.first_number() returns integer language sql security definer set search_path = pg_catalog, pg_temp as 'select 1';

create function public.old_number(text) returns integer language sql security definer as 'select 1';

alter function public.old_number(text) rename to next_number;

create function public.invoker() returns integer language sql as 'select 1';

create procedure public.later() language sql security definer as 'select 1';

create procedure public.store() language sql security definer as 'select 1';

alter procedure public.later() set search_path = pg_catalog, pg_temp;

create function public.bound() returns integer language sql security definer return 1;
