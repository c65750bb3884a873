import { attemptOf, type Contact, FINAL_STATES, type Model, type Row, withRow } from './model.js';

/** The model after what the database itself does at the end of a statement. */
export const applyEffects = (before: Model, written: Model): Model =>
  setNewAttempts(before, excludeListedContacts(listLostNumbers(before, written)));

/** Lists the numbers that excluded contacts had before the statement: contacts that it erased or gave another number. */
function listLostNumbers(before: Model, written: Model): Model {
  let after = written;
  for (const [name, was] of Object.entries(before.contacts)) {
    const now = written.contacts[name];
    const isNumberLost = now?.phone_number !== was.phone_number;
    const staysExcluded = isExcluded(was) || (now !== undefined && isExcluded(excludeIfListed(before, now)));
    if (isNumberLost && staysExcluded && !(was.phone_number in after.exclusion_list_entries)) {
      after = withRow(after, 'exclusion_list_entries', was.phone_number, { phone_number: was.phone_number });
    }
  }
  return after;
}

const isExcluded = ({ state, do_not_call }: Contact): boolean => do_not_call || state === 'excluded';

const excludeIfListed = ({ exclusion_list_entries }: Model, contact: Contact): Contact =>
  !FINAL_STATES.has(contact.state) && contact.phone_number in exclusion_list_entries
    ? { ...contact, state: 'excluded' }
    : contact;

function excludeListedContacts(written: Model): Model {
  let after = written;
  for (const [name, contact] of Object.entries(after.contacts)) {
    after = withRow(after, 'contacts', name, excludeIfListed(after, contact));
  }
  return after;
}

/** Sets the last_attempt_at of the contacts that were counted up before the statement inserted their attempts. */
function setNewAttempts(before: Model, written: Model): Model {
  const called = Object.entries(written.call_attempts)
    .filter(([name]) => !(name in before.call_attempts))
    .map(([, { contact_id }]) => contact_id);
  return setLastAttempts(written, called);
}

/** Sets the last_attempt_at of contacts to the start of their latest attempts; at commit, of all contacts. */
export function setLastAttempts(model: Model, contacts = Object.keys(model.contacts)): Model {
  let after = model;
  for (const name of contacts) {
    const contact = after.contacts[name];
    const call = contact === undefined ? undefined : attemptOf(after, name, contact.attempts_count);
    if (contact !== undefined && call !== undefined && contact.last_attempt_at !== call.started_at) {
      after = withRow(after, 'contacts', name, { ...contact, last_attempt_at: call.started_at });
    }
  }
  return after;
}

/**
 * Sets the last_attempt_at of an updated contact. The writer's value is kept only while attempts_count rises. After an
 * erasure of the latest attempt, the old value stays.
 */
export function setLastAttempt(model: Model, name: string, row: Row): Row {
  const old = model.contacts[name];
  if (old === undefined || row.attempts_count !== old.attempts_count) return row;
  const call = attemptOf(model, name, Number(row.attempts_count));
  const isChanged = row.last_attempt_at !== old.last_attempt_at;
  return { ...row, last_attempt_at: isChanged && call !== undefined ? call.started_at : old.last_attempt_at };
}

/** Excludes a contact with do_not_call, unless it has completed or refused. */
export const excludeDoNotCall = (row: Row): Row =>
  row.do_not_call === true && !FINAL_STATES.has(String(row.state)) ? { ...row, state: 'excluded' } : row;

/** Deletes the hang-ups of the calls that some statements have ended. */
export function deleteHangUps(
  model: Model,
  statements: readonly { readonly before: Model; readonly after: Model }[],
): Model {
  const ended = new Set(
    statements.flatMap(({ before, after }) =>
      Object.entries(before.call_attempts)
        .filter(
          ([name, { ended_at }]) =>
            ended_at === null && (after.call_attempts[name]?.ended_at ?? null) !== null,
        )
        .map(([name]) => name),
    ),
  );
  const noted = Object.entries(model.hang_ups).filter(
    ([, { call_attempt_id }]) => !ended.has(call_attempt_id),
  );
  return { ...model, hang_ups: Object.fromEntries(noted) };
}

/** The days after which transcripts and metadata expire, as in the configuration. */
const TRANSCRIPT_DAYS = 2;

export const METADATA_IS_EMPTY = '{}';

/** The transcripts and the ended calls that are older than the retention; none without a configuration. */
export function expired(model: Model, now: number): { transcripts: string[]; calls: string[] } {
  const before = now - TRANSCRIPT_DAYS * 1440;
  if (Object.keys(model.provider_configs).length === 0) return { transcripts: [], calls: [] };
  return {
    transcripts: Object.entries(model.transcript_snippets)
      .filter(([, { created_at }]) => created_at < before)
      .map(([name]) => name),
    calls: Object.entries(model.call_attempts)
      .filter(
        ([, { started_at, ended_at, metadata }]) =>
          started_at < before && ended_at !== null && ended_at < before && metadata !== null,
      )
      .map(([name]) => name),
  };
}

/** Deletes expired transcripts, and empties the metadata of ended calls. */
export function purgeExpired(model: Model, now: number): Model {
  const { transcripts, calls } = expired(model, now);
  const entries = Object.entries(model.call_attempts).map(([name, call]) => [
    name,
    calls.includes(name) ? { ...call, metadata: METADATA_IS_EMPTY } : call,
  ]);
  const fresh = Object.entries(model.transcript_snippets).filter(([name]) => !transcripts.includes(name));
  return {
    ...model,
    call_attempts: Object.fromEntries(entries),
    transcript_snippets: Object.fromEntries(fresh),
  };
}
