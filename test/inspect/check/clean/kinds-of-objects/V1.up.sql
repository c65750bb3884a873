create schema if not exists ours;
create extension if not exists plpgsql;
do $$
begin
  if to_regtype('ours.mood') is null then
    create type ours.mood as enum ('glad', 'sad');
  end if;
  if to_regtype('ours.share') is null then
    create domain ours.share as numeric(3, 2) default 0.5 check (value between 0 and 1);
  end if;
end
$$;
create table if not exists ours.parents (
  a integer,
  b text,
  primary key (a, b)
);
create table if not exists ours.children (
  id uuid primary key default gen_random_uuid(),
  a integer not null,
  b text not null,
  mood ours.mood not null default 'glad',
  share ours.share not null,
  tags text[] not null,
  made_at timestamptz not null default now(),
  born_on date not null,
  opens time not null,
  lasts interval not null,
  facts jsonb not null,
  address inet not null,
  code varchar(3) not null unique,
  flags bit(3) not null,
  span tstzrange not null,
  raw bytea not null,
  upper_code text generated always as (upper(code)) stored,
  constraint a_child_has_a_parent
    foreign key (a, b) references ours.parents (a, b)
);
create or replace function ours.touch() returns trigger language plpgsql as $$ begin return new; end $$;
create or replace trigger touched before insert on ours.children for each row execute function ours.touch();
create or replace view ours.moods as select mood, count(*) from ours.children group by mood;
