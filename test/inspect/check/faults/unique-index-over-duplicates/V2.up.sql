create unique index if not exists one_person_per_email on people (email);
