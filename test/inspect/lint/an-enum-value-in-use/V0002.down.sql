alter table public.owners
  alter column mood set default 'glad';

-- PostgreSQL cannot take a value from an enum; it stays.
