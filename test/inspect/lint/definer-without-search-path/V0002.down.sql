drop function public.first_number();
drop function public.next_number(text);
drop function public.invoker();
drop procedure public.later();
drop procedure public.store();
drop function public.bound();
