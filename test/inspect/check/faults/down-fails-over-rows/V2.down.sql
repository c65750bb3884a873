alter table people alter name set default 'nobody', alter name set not null;
