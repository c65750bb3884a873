alter type public.mood add value if not exists 'calm';

alter table public.owners
  alter column mood set default 'calm'::public.mood;
