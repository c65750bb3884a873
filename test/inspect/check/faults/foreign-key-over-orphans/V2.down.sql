alter table letters drop constraint if exists a_letter_has_a_reader;
