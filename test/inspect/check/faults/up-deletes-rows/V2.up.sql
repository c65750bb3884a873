delete from people where email is null;
