-- migrate: irreversible the old names are gone
update people set name = upper(name);
