alter table people add check (age >= 0) not valid;
