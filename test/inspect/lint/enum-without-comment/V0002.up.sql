do $types$
begin
  if to_regtype('public.mood') is null then
    create type public.mood as enum ('glad', 'sad');
  end if;
end
$types$;
