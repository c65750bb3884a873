-- V0017, down: nothing to undo. Who was excluded stays excluded; excluded is final, and what a contact was
-- before is not known any more.

select 'who was excluded stays excluded' as nothing_to_undo;
