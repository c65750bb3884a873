alter table letters drop constraint if exists a_letter_has_a_reader;
alter table letters add constraint a_letter_has_a_reader
  foreign key (reader) references people (id);
