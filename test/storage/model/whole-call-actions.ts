import fc from 'fast-check';
import {
  type Action,
  defineAction,
  deleteRow,
  insertRow,
  mostly,
  pick,
  rowIndex,
  updateRow,
} from './action.js';
import {
  callableContacts,
  fittingOutcome,
  newCall,
  OUTCOMES,
  openCalls,
  responseOf,
  stateAfter,
  transcriptOf,
} from './calls.js';
import { emailOf, eventOf } from './event-actions.js';
import { type Contact, latestCallOf, type Model } from './model.js';

interface WholeCall {
  readonly contact: number;
  readonly isAny: boolean;
  readonly outcome: string;
  readonly isStateKept: boolean;
  readonly isPublished: boolean;
  readonly isEmailed: boolean;
  readonly isReplacement: boolean;
}

/** The contacts that were not reached and whose last call was deleted. */
const contactsWithoutLastCall = (model: Model): [string, Contact][] =>
  Object.entries(model.contacts).filter(
    ([name, { state, attempts_count }]) =>
      state === 'not_reached' && latestCallOf(model, name)?.[1].attempt_number !== attempts_count,
  );

/** Writes a whole call in one transaction, from the claim to the e-mail; sometimes in place of the call before it. */
export const writeWholeCall: fc.Arbitrary<Action> = defineAction<WholeCall>(
  'write a whole call',
  {
    contact: rowIndex,
    isAny: mostly(false, false, true, true),
    outcome: fc.constantFrom(...OUTCOMES),
    isStateKept: mostly(false, true, true, true),
    isPublished: fc.boolean(),
    isEmailed: fc.boolean(),
    isReplacement: mostly(false, true, true, true),
  },
  ({ contact: index, isAny, outcome, isStateKept, isReplacement, ...options }, context) => {
    const { model, now, createName } = context;
    const withoutLastCall = isReplacement ? contactsWithoutLastCall(model) : [];
    const candidates = withoutLastCall.length > 0 ? withoutLastCall : callableContacts(model, isAny);
    const [contact_id, contact] = pick(candidates, index) ?? [];
    if (contact_id === undefined || contact === undefined) return [];
    const [replaced] = (isReplacement ? latestCallOf(model, contact_id) : undefined) ?? [];
    const attempts_count = contact.attempts_count + (isReplacement && contact.attempts_count > 0 ? 0 : 1);
    const state = isStateKept ? contact.state : stateAfter(model, contact, attempts_count, outcome);
    const name = createName('call');
    const call = newCall(contact_id, contact, attempts_count, now, outcome);
    const events = eventOf(contact_id, call, state, name, context);
    const emails = events.flatMap((event) => emailOf(event.name, event.row, context));
    return [
      ...(replaced === undefined ? [] : [deleteRow('call_attempts', replaced)]),
      updateRow('contacts', contact_id, {
        ...(isStateKept ? {} : { state: 'in_progress' }),
        attempts_count,
        last_attempt_at: now,
      }),
      insertRow('call_attempts', name, call),
      updateRow('contacts', contact_id, { ...(isStateKept ? {} : { state }), last_outcome: outcome }),
      ...(state === 'completed' ? [responseOf(call, name, context)] : []),
      ...(call.answered_at === null ? [] : [transcriptOf(name, now, context)]),
      ...(options.isPublished ? events : []),
      ...(options.isPublished && options.isEmailed ? emails : []),
    ];
  },
);

/** Ends an open call and starts the next one in the same transaction; sometimes that one has failed already. */
export const redial: fc.Arbitrary<Action> = defineAction<{
  call: number;
  outcome: string;
  next: string | undefined;
}>(
  'redial',
  {
    call: rowIndex,
    outcome: fc.constantFrom(...OUTCOMES),
    next: fc.constantFrom(undefined, undefined, 'failed'),
  },
  ({ call: index, outcome: wanted, next }, { model, now, createName }) => {
    const [name, call] = pick(openCalls(model), index) ?? [];
    const contact = model.contacts[call?.contact_id ?? ''];
    if (name === undefined || call === undefined || contact === undefined) return [];
    const outcome = fittingOutcome(wanted, call.answered_at !== null);
    const attempts_count = contact.attempts_count + 1;
    return [
      updateRow('call_attempts', name, { ended_at: now, outcome }),
      updateRow('contacts', call.contact_id, {
        ...(next === undefined ? {} : { state: stateAfter(model, contact, attempts_count, next) }),
        attempts_count,
        last_attempt_at: now,
        last_outcome: next ?? outcome,
      }),
      insertRow(
        'call_attempts',
        createName('call'),
        newCall(call.contact_id, contact, attempts_count, now, next),
      ),
    ];
  },
);
