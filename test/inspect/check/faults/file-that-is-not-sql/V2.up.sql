select 1;
alter tabel people;
