-- V0010, down: drops the mutex rows and the functions that lock them. They hold no data of the product.
--
-- Safe on a live database: it locks no table of the product.
-- Roll back the later versions first, because their triggers lock mutex rows.

set search_path = pg_catalog, pg_temp;


drop function if exists voicesurvey_rules.choose_import_stripe();
drop function if exists voicesurvey_rules.mutex_row_of_number(text, integer);
drop function if exists voicesurvey_rules.lock_mutex_rows(integer[]);
drop function if exists voicesurvey_rules.advisory_lock_class();
drop table if exists voicesurvey_rules.exclusion_gate;
drop table if exists voicesurvey_rules.mutex_rows;
