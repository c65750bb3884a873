create or replace function grown_up(age integer)
returns boolean
language sql
immutable
return age >= 18;
