alter table public.owners
  alter column mood set default 'glad';

-- PostgreSQL cannot drop a value of an enum, so it remains.
