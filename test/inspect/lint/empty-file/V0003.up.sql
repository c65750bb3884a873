-- V0003: a comment.
comment on table public.orders is 'Orders of customers.';
