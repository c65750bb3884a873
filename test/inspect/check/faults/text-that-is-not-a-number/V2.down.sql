alter table people alter email type text;
