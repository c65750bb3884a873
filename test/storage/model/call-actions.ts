import fc from 'fast-check';
import {
  type Action,
  defineAction,
  deleteRow,
  insertRow,
  mostly,
  pick,
  rarelyTrue,
  rowIndex,
  updateRow,
} from './action.js';
import {
  ANSWERED_OUTCOMES,
  callableContacts,
  findCalls,
  fittingOutcome,
  NO_END_REPORTED,
  newCall,
  OUTCOMES,
  openCalls,
  responseOf,
  stateAfter,
  transcriptOf,
} from './calls.js';
import { eventOf } from './event-actions.js';
import { callsOf, isOpen } from './model.js';
import type { Write } from './write.js';

/** Claims a contact and opens a call; rarely the contact is excluded in the same transaction. */
export const claimContact: fc.Arbitrary<Action> = defineAction<{
  contact: number;
  isAny: boolean;
  exclusion: string;
}>(
  'claim a contact',
  { contact: rowIndex, isAny: rarelyTrue, exclusion: mostly('none', 'entry', 'do_not_call') },
  ({ contact: index, isAny, exclusion }, { model, now, createName }) => {
    const [name, contact] = pick(callableContacts(model, isAny), index) ?? [];
    if (name === undefined || contact === undefined) return [];
    const { phone_number } = contact;
    const attempts_count = contact.attempts_count + 1;
    return [
      updateRow('contacts', name, { state: 'in_progress', attempts_count, last_attempt_at: now }),
      insertRow('call_attempts', createName('call'), newCall(name, contact, attempts_count, now)),
      ...(exclusion === 'entry' ? [insertRow('exclusion_list_entries', phone_number, { phone_number })] : []),
      ...(exclusion === 'do_not_call' ? [updateRow('contacts', name, { do_not_call: true })] : []),
    ];
  },
);

export const answerCall = defineAction<{ call: number }>(
  'answer a call',
  { call: rowIndex },
  ({ call }, { model, now }) => {
    const [name] = pick(openCalls(model), call) ?? [];
    return name === undefined ? [] : [updateRow('call_attempts', name, { answered_at: now })];
  },
);

export const setProviderCallId = defineAction<{ call: number; id: string }>(
  'set a provider_call_id',
  { call: rowIndex, id: fc.constantFrom('k1', 'k2', 'k3') },
  ({ call, id }, { model }) => {
    const [name] = pick(Object.entries(model.call_attempts), call) ?? [];
    return name === undefined ? [] : [updateRow('call_attempts', name, { provider_call_id: id })];
  },
);

/** Ends an open call, with the answers of a completed one, and with its event if it is published immediately. */
export const finishCall: fc.Arbitrary<Action> = defineAction<{
  call: number;
  outcome: string;
  isGivenUp: boolean;
  isUnreported: boolean;
  isPublished: boolean;
  answer: string;
}>(
  'finish a call',
  {
    call: rowIndex,
    outcome: fc.constantFrom(...OUTCOMES),
    isGivenUp: fc.constantFrom(false, false, false, true),
    isUnreported: fc.constantFrom(false, false, true),
    isPublished: fc.boolean(),
    answer: mostly('8 out of 10', '8', ' '),
  },
  (options, context) => {
    const { model, now } = context;
    const [name, call] = pick(openCalls(model), options.call) ?? [];
    const contact = model.contacts[call?.contact_id ?? ''];
    if (name === undefined || call === undefined || contact === undefined) return [];
    const isUnreported = options.isUnreported && options.outcome === 'failed';
    const outcome = fittingOutcome(options.outcome, call.answered_at !== null);
    const usualState = stateAfter(model, contact, contact.attempts_count, outcome);
    const state = options.isGivenUp && usualState === 'pending' ? 'not_reached' : usualState;
    return [
      updateRow('call_attempts', name, {
        ended_at: now,
        outcome,
        ...(isUnreported ? { error_code: NO_END_REPORTED } : {}),
      }),
      updateRow('contacts', call.contact_id, { state, last_outcome: outcome }),
      ...(state === 'completed' ? [responseOf(call, name, context, options.answer)] : []),
      ...(options.isPublished ? eventOf(call.contact_id, call, state, name, context) : []),
    ];
  },
);

/** Replaces an end that was not reported, rarely another one, by the end that was reported later. */
export const replaceEnd: fc.Arbitrary<Action> = defineAction<{
  call: number;
  isAny: boolean;
  outcome: string;
  isPublished: boolean;
}>(
  'replace an end',
  { call: rowIndex, isAny: rarelyTrue, outcome: fc.constantFrom(...OUTCOMES), isPublished: fc.boolean() },
  ({ call: index, isAny, outcome, isPublished }, context) => {
    const { model, now } = context;
    const ended = findCalls(model, (call) => !isOpen(call) && (isAny || call.error_code === NO_END_REPORTED));
    const [name, call] = pick(ended, index) ?? [];
    const contact = model.contacts[call?.contact_id ?? ''];
    if (name === undefined || call === undefined || contact === undefined) return [];
    const isAnswered = ANSWERED_OUTCOMES.has(outcome);
    const answered_at = call.answered_at ?? (isAnswered ? call.started_at : null);
    const state = isAnswered && contact.state !== 'excluded' ? outcome : contact.state;
    return [
      updateRow('call_attempts', name, { answered_at, ended_at: now, outcome, error_code: null }),
      updateRow('contacts', call.contact_id, { state, last_outcome: outcome }),
      ...(state === 'completed' ? [responseOf(call, name, context)] : []),
      ...(isPublished ? eventOf(call.contact_id, call, state, name, context) : []),
    ];
  },
);

/** Changes the state of a waiting contact without a call, after a claim that is given up or without one. */
export const releaseContact: fc.Arbitrary<Action> = defineAction<{
  contact: number;
  state: string;
  isClaimed: boolean;
}>(
  'release a contact',
  {
    contact: rowIndex,
    state: fc.constantFrom('pending', 'pending', 'not_reached', 'completed', 'refused'),
    isClaimed: fc.boolean(),
  },
  ({ contact: index, state, isClaimed }, { model }) => {
    const waiting = Object.entries(model.contacts).filter(([, contact]) =>
      (isClaimed ? ['pending', 'not_reached'] : ['not_reached']).includes(contact.state),
    );
    const [name] = pick(waiting, index) ?? [];
    if (name === undefined) return [];
    const claim = updateRow('contacts', name, { state: 'in_progress' });
    return [...(isClaimed ? [claim] : []), updateRow('contacts', name, { state })];
  },
);

/** Writes the answers of a completed call again, some after the first were erased, some before the call is deleted. */
export const repeatResponse: fc.Arbitrary<Action> = defineAction<{
  call: number;
  isErased: boolean;
  isCallDeleted: boolean;
}>(
  'write a response again',
  { call: rowIndex, isErased: fc.boolean(), isCallDeleted: mostly(false, true, true) },
  ({ call: index, isErased, isCallDeleted }, context) => {
    const { model } = context;
    const completed = findCalls(model, ({ outcome }) => outcome === 'completed');
    const [name, call] = pick(completed, index) ?? [];
    if (name === undefined || call === undefined) return [];
    const existing = Object.entries(model.survey_responses).filter(
      ([, { contact_id }]) => contact_id === call.contact_id,
    );
    return [
      ...(isErased ? existing.map(([response]) => deleteRow('survey_responses', response)) : []),
      responseOf(call, name, context),
      ...(isCallDeleted ? [deleteRow('call_attempts', name)] : []),
    ];
  },
);

/** Repeats the webhook of an ended call, which changes nothing. */
export const repeatWebhook = defineAction<{ call: number }>(
  'repeat a webhook',
  { call: rowIndex },
  ({ call: index }, context) => {
    const endedCalls = findCalls(context.model, (call) => !isOpen(call));
    const [name, call] = pick(endedCalls, index) ?? [];
    const contact = context.model.contacts[call?.contact_id ?? ''];
    if (name === undefined || call === undefined || contact === undefined) return [];
    return [
      updateRow('call_attempts', name, { ended_at: call.ended_at, outcome: call.outcome }),
      updateRow('contacts', call.contact_id, { state: contact.state, last_outcome: contact.last_outcome }),
      ...eventOf(call.contact_id, call, contact.state, name, context).map(
        (event): Write => ({ ...event, kind: 'insert or nothing' }),
      ),
    ];
  },
);

/** Deletes the latest call of a contact, or the first. */
export const deleteCall = defineAction<{ contact: number; isFirst: boolean }>(
  'delete a call',
  { contact: rowIndex, isFirst: fc.boolean() },
  ({ contact: index, isFirst }, { model }) => {
    const calls = Object.keys(model.contacts).flatMap((contact) => {
      const [name] = callsOf(model, contact).at(isFirst ? 0 : -1) ?? [];
      return name ?? [];
    });
    const name = pick(calls, index);
    return name === undefined ? [] : [deleteRow('call_attempts', name)];
  },
);

/** Writes a transcript that has just been recorded, or an expired one. */
export const writeTranscript = defineAction<{ call: number; isExpired: boolean }>(
  'write a transcript',
  { call: rowIndex, isExpired: fc.boolean() },
  ({ call, isExpired }, context) => {
    const [name] = pick(Object.entries(context.model.call_attempts).toReversed(), call) ?? [];
    return name === undefined
      ? []
      : [transcriptOf(name, isExpired ? context.now - 3 * 1440 : context.now, context)];
  },
);

/** Notes the hang-up of an open call; rarely of any call, or deletes the note. */
export const noteHangUp = defineAction<{ call: number; isAny: boolean; isDeleted: boolean }>(
  'note a hang-up',
  { call: rowIndex, isAny: rarelyTrue, isDeleted: mostly(false, true) },
  ({ call: index, isAny, isDeleted }, { model, now }) => {
    const note = pick(Object.keys(model.hang_ups), index);
    if (isDeleted && note !== undefined) return [deleteRow('hang_ups', note)];
    const [name] = pick(isAny ? Object.entries(model.call_attempts) : openCalls(model), index) ?? [];
    return name === undefined ? [] : [insertRow('hang_ups', name, { call_attempt_id: name, ended_at: now })];
  },
);
