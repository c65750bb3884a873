comment on table ours.children is null;
alter table ours.children alter facts drop default;
