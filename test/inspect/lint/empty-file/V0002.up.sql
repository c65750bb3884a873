-- V0002: notes.
--
-- Describe here what it is for.

