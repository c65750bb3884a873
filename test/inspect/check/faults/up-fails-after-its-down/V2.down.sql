update settings set value = 'red' where name = 'colour';
