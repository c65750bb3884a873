create table if not exists public.orders (
  id uuid constraint one_order_per_id primary key
);

comment on table public.orders is 'Orders.';
comment on column public.orders.id is 'The key.';
