-- V0010, down: takes the turns away. Nothing of the product is in them.
--
-- Roll back the later versions first; their triggers take turns.


drop function if exists voicesurvey_rules.lock_mutex_rows(integer[]);
drop function if exists voicesurvey_rules.choose_import_stripe();
drop function if exists voicesurvey_rules.mutex_row_of_number(text, integer);
drop table if exists voicesurvey_rules.mutex_rows;
