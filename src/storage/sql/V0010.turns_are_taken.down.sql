-- V0010, down: takes the turns away. Nothing of the product is in them.
--
-- Roll back the later versions first; their triggers take turns.


drop function if exists public.take_turns(integer[]);
drop function if exists public.lane_of_importer();
drop function if exists public.turn_of(text, integer);
drop table if exists voicesurvey_rules.turns;
drop schema if exists voicesurvey_rules;
