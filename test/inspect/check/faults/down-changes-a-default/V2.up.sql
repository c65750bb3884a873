alter table people alter name set default 'somebody';
