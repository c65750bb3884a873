do $$
begin
  if to_regtype('public.mood') is null then
    create type mood as enum ('glad', 'sad');
  end if;
end
$$;
alter table people add column if not exists mood mood;
