-- V0010, down: drops the mutex rows and the functions that lock them. They hold no data of the product.
--
-- Roll back the later versions first: their triggers lock mutex rows. Safe on a live table: locks no table of the
-- product.

set search_path = pg_catalog, pg_temp;


drop function if exists voicesurvey_rules.choose_import_stripe();
drop function if exists voicesurvey_rules.mutex_row_of_number(text, integer);
drop function if exists voicesurvey_rules.lock_mutex_rows(integer[]);
drop function if exists voicesurvey_rules.advisory_lock_class();
drop table if exists voicesurvey_rules.mutex_rows;
