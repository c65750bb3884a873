grant select on people to public;
