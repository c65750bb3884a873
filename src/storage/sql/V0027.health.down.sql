-- V0027, down: drops the view health.
--
-- It changes no row. Safe on a live table: dropping a view locks no table.

set search_path = pg_catalog, pg_temp;


drop view if exists voicesurvey.health;
