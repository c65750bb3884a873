import fc from 'fast-check';
import {
  answering,
  callTo,
  fittingOutcome,
  OUTCOMES,
  openCalls,
  stateAfter,
  toCall,
  transcribing,
} from './calls.js';
import { type Deed, deed, insert, mostly, pick, remove, update, which } from './deed.js';
import { telling, writing } from './letters.js';
import { type Contact, latestOf, type World } from './world.js';

interface Whole {
  readonly who: number;
  readonly isAnybody: boolean;
  readonly outcome: string;
  readonly isStateLeft: boolean;
  readonly isTold: boolean;
  readonly isWritten: boolean;
  readonly isInPlaceOfLast: boolean;
}

/** Those who were not reached, and whose last call was deleted. */
const withoutTheirLast = (world: World): [string, Contact][] =>
  Object.entries(world.contacts).filter(
    ([name, { state, attempts_count }]) =>
      state === 'not_reached' && latestOf(world, name)?.[1].attempt_number !== attempts_count,
  );

/** A whole call is written, from the claim to what is told; now and then in the place of the one before it. */
export const wholeCall: fc.Arbitrary<Deed> = deed<Whole>(
  'whole call',
  {
    who: which,
    isAnybody: mostly(false, false, true, true),
    outcome: fc.constantFrom(...OUTCOMES),
    isStateLeft: mostly(false, true, true, true),
    isTold: fc.boolean(),
    isWritten: fc.boolean(),
    isInPlaceOfLast: mostly(false, true, true, true),
  },
  ({ who, isAnybody, outcome, isStateLeft, isInPlaceOfLast, ...choice }, world, now, newName) => {
    const those = isInPlaceOfLast ? withoutTheirLast(world) : [];
    const [contact_id, contact] = pick(those.length > 0 ? those : toCall(world, isAnybody), who) ?? [];
    if (contact_id === undefined || contact === undefined) return [];
    const [last] = (isInPlaceOfLast ? latestOf(world, contact_id) : undefined) ?? [];
    const attempts_count = contact.attempts_count + (isInPlaceOfLast && contact.attempts_count > 0 ? 0 : 1);
    const state = isStateLeft ? contact.state : stateAfter(world, contact, attempts_count, outcome);
    const name = newName('call');
    const call = callTo(contact_id, contact, attempts_count, now, outcome);
    const ended = { ...(isStateLeft ? {} : { state }), last_outcome: outcome };
    const events = telling(contact_id, call, state, name, newName);
    const emails = events.flatMap((event) => writing(world, event.name, event.row, newName));
    return [
      ...(last === undefined ? [] : [remove('call_attempts', last)]),
      update('contacts', contact_id, {
        ...(isStateLeft ? {} : { state: 'in_progress' }),
        ...{ attempts_count, last_attempt_at: now },
      }),
      insert('call_attempts', name, call),
      update('contacts', contact_id, ended),
      ...(state === 'completed' ? [answering(call, name, now, newName)] : []),
      ...(call.answered_at === null ? [] : [transcribing(name, newName)]),
      ...(choice.isTold ? events : []),
      ...(choice.isTold && choice.isWritten ? emails : []),
    ];
  },
);

/** An open call ends and the next begins, at once; now and then that one has failed already. */
export const redial: fc.Arbitrary<Deed> = deed<{ call: number; outcome: string; next: string | undefined }>(
  'redial',
  {
    call: which,
    outcome: fc.constantFrom(...OUTCOMES),
    next: fc.constantFrom(undefined, undefined, 'failed'),
  },
  ({ call: index, outcome: wished, next }, world, now, newName) => {
    const [name, call] = pick(openCalls(world), index) ?? [];
    const contact = world.contacts[call?.contact_id ?? ''];
    if (name === undefined || call === undefined || contact === undefined) return [];
    const outcome = fittingOutcome(wished, call.answered_at !== null);
    const attempts_count = contact.attempts_count + 1;
    return [
      update('call_attempts', name, { ended_at: now, outcome }),
      update('contacts', call.contact_id, {
        ...(next === undefined ? {} : { state: stateAfter(world, contact, attempts_count, next) }),
        ...{ attempts_count, last_attempt_at: now, last_outcome: next ?? outcome },
      }),
      insert('call_attempts', newName('call'), callTo(call.contact_id, contact, attempts_count, now, next)),
    ];
  },
);
