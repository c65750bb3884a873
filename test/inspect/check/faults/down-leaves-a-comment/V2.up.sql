comment on column people.age is 'In years.';
