comment on table ours.children is 'Who has parents.';
alter table ours.children alter facts set default '{}';
