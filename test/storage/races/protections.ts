/** SQL that replaces what a regular expression matches in the source of a function; it fails if nothing matches. */
export const editFunction = (name: string, pattern: string, replacement = ''): string => `do $edit$
declare
  source text := pg_get_functiondef('voicesurvey_rules.${name}'::regproc);
  edited text := regexp_replace(source, '${pattern}', '${replacement}', 'g');
begin
  if edited = source then raise exception 'nothing to replace in ${name}'; end if;
  execute edited;
end $edit$`;

/** Allows every transition between the states of a contact. */
export const DROP_STATE_ORDER = 'drop trigger a_contact_changes_state_in_order on contacts';

/** Makes every lock of a mutex row do nothing. */
export const DROP_MUTEXES =
  "create or replace function voicesurvey_rules.lock_mutex_rows(ids integer[]) returns void language sql as 'select'";

/** Drops the lock of the number that the return of an excluded contact takes. */
export const DROP_RETURN_MUTEX = editFunction(
  'check_exclusion_end',
  'perform voicesurvey_rules.lock_mutex_rows[^;]*;',
);

/** Drops the lock of mutex row 0, which makes claims commit one after the other. */
export const DROP_CLAIM_MUTEX = editFunction(
  'check_new_call',
  'update voicesurvey_rules.mutex_rows[^;]*;\\s*if not found then[^;]*;\\s*if not found then[^;]*;\\s*end if;\\s*end if;',
);

/** Lets the old number of an excluded contact go unlisted. */
export const DROP_LISTING_OF_OLD_NUMBER = 'drop trigger a_replaced_number_stays_excluded on contacts';

/** Replaces the condition under which the changed number of a contact in a call counts as listed before. */
export const editCheckOfChangedNumber = (condition: string): string =>
  editFunction('check_changed_number', 'case\\s+when entry.created_at[^;]*', condition);

/** Lets a contact in a call get a listed number. */
export const DROP_CHECK_OF_CHANGED_NUMBER = editCheckOfChangedNumber('false');
