drop index if exists one_person_per_email;
