drop index people_by_name;
