alter table people alter email type integer using email::integer;
