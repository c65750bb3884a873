import fc from 'fast-check';
import { type Deed, deed, insert, mostly, pick, rarely, remove, update, which } from './deed.js';
import { telling } from './letters.js';
import { type Call, type Contact, callsOf, type World } from './world.js';
import type { Write } from './write.js';

export const OUTCOMES = ['completed', 'refused', 'no_answer', 'busy', 'failed'];
const ANSWERED: ReadonlySet<string> = new Set(['completed', 'refused']);

/** Who may be called, as a scheduler sees it; now and then anybody. */
export const toCall = (world: World, isAnybody: boolean): [string, Contact][] =>
  Object.entries(world.contacts).filter(([, { state, campaign_id, attempts_count }]) => {
    const campaign = world.campaigns[campaign_id];
    const isWaiting = ['pending', 'not_reached'].includes(state) && campaign?.status === 'running';
    return isAnybody || (isWaiting && attempts_count < campaign.max_attempts);
  });

const callsThat = (world: World, isOne: (call: Call) => boolean): [string, Call][] =>
  Object.entries(world.call_attempts).filter(([, call]) => isOne(call));

export const openCalls = (world: World): [string, Call][] =>
  callsThat(world, ({ ended_at }) => ended_at === null);

export function stateAfter(
  { campaigns }: World,
  contact: Contact,
  attempts: number,
  outcome: string,
): string {
  if (contact.state === 'excluded') return 'excluded';
  if (ANSWERED.has(outcome)) return outcome;
  return attempts < (campaigns[contact.campaign_id]?.max_attempts ?? 0) ? 'pending' : 'not_reached';
}

export type NewName = (kind: string) => string;

export const answering = (call: Call, name: string, now: number, newName: NewName): Write =>
  insert('survey_responses', newName('answers'), {
    contact_id: call.contact_id,
    campaign_id: call.campaign_id,
    call_attempt_id: name,
    q2_answer: '4',
    completed_at: now,
  });

export const transcribing = (call_attempt_id: string, newName: NewName): Write =>
  insert('transcript_snippets', newName('transcript'), { call_attempt_id });

/** A call that begins now: open, or with its outcome already. */
export const callTo = (
  contact_id: string,
  { campaign_id }: Contact,
  number: number,
  now: number,
  outcome?: string,
): Call => ({
  contact_id,
  campaign_id,
  attempt_number: number,
  provider_call_id: null,
  started_at: now,
  answered_at: ANSWERED.has(outcome ?? '') ? now : null,
  ended_at: outcome === undefined ? null : now,
  outcome: outcome ?? null,
});

/** A contact is claimed and dialled. */
export const claim: fc.Arbitrary<Deed> = deed<{ who: number; isAnybody: boolean }>(
  'claim',
  { who: which, isAnybody: rarely },
  ({ who, isAnybody }, world, now, newName) => {
    const [name, contact] = pick(toCall(world, isAnybody), who) ?? [];
    if (name === undefined || contact === undefined) return [];
    const attempts_count = contact.attempts_count + 1;
    return [
      update('contacts', name, { state: 'in_progress', attempts_count, last_attempt_at: now }),
      insert('call_attempts', newName('call'), callTo(name, contact, attempts_count, now)),
    ];
  },
);

/** The contact picks up. */
export const answer = deed<{ call: number }>('answer', { call: which }, ({ call }, world, now) => {
  const [name] = pick(openCalls(world), call) ?? [];
  return name === undefined ? [] : [update('call_attempts', name, { answered_at: now })];
});

/** The provider tells its key. */
export const key = deed<{ call: number; key: string }>(
  'key',
  { call: which, key: fc.constantFrom('k1', 'k2', 'k3') },
  ({ call, key }, world) => {
    const [name] = pick(Object.entries(world.call_attempts), call) ?? [];
    return name === undefined ? [] : [update('call_attempts', name, { provider_call_id: key })];
  },
);

export const finish: fc.Arbitrary<Deed> = deed<{
  call: number;
  outcome: string;
  isGivenUp: boolean;
  isTold: boolean;
}>(
  'finish',
  {
    call: which,
    outcome: fc.constantFrom(...OUTCOMES),
    isGivenUp: fc.constantFrom(false, false, false, true),
    isTold: fc.boolean(),
  },
  (choice, world, now, newName) => {
    const [name, call] = pick(openCalls(world), choice.call) ?? [];
    const contact = world.contacts[call?.contact_id ?? ''];
    if (name === undefined || call === undefined || contact === undefined) return [];
    const outcome = fittingOutcome(choice.outcome, call.answered_at !== null);
    const due = stateAfter(world, contact, contact.attempts_count, outcome);
    const state = choice.isGivenUp && due === 'pending' ? 'not_reached' : due;
    return [
      update('call_attempts', name, { ended_at: now, outcome }),
      update('contacts', call.contact_id, { state, last_outcome: outcome }),
      ...(state === 'completed' ? [answering(call, name, now, newName)] : []),
      ...(choice.isTold ? telling(call.contact_id, call, state, name, newName) : []),
    ];
  },
);

/** An outcome that a call may have which was answered, or was not. */
export function fittingOutcome(outcome: string, answered: boolean): string {
  const fits = answered
    ? { no_answer: 'completed', busy: 'refused' }
    : { completed: 'no_answer', refused: 'busy' };
  return new Map(Object.entries(fits)).get(outcome) ?? outcome;
}

/** A contact is claimed and given back without a call, or put back among those who wait. */
export const giveBack: fc.Arbitrary<Deed> = deed<{ who: number; state: string; isClaimed: boolean }>(
  'give back',
  {
    who: which,
    state: fc.constantFrom('pending', 'pending', 'not_reached', 'completed', 'refused'),
    isClaimed: fc.boolean(),
  },
  ({ who, state, isClaimed }, world) => {
    const waiting = Object.entries(world.contacts).filter(([, contact]) =>
      (isClaimed ? ['pending', 'not_reached'] : ['not_reached']).includes(contact.state),
    );
    const [name] = pick(waiting, who) ?? [];
    if (name === undefined) return [];
    const claimed = update('contacts', name, { state: 'in_progress' });
    return [...(isClaimed ? [claimed] : []), update('contacts', name, { state })];
  },
);

/** Answers of a completed call are given again; now and then the first are erased before, or the call behind them. */
export const giveAnswers: fc.Arbitrary<Deed> = deed<{
  call: number;
  areErased: boolean;
  isForgotten: boolean;
}>(
  'give answers',
  { call: which, areErased: fc.boolean(), isForgotten: mostly(false, true, true) },
  ({ call, areErased, isForgotten }, world, now, newName) => {
    const completed = callsThat(world, ({ outcome }) => outcome === 'completed');
    const [name, row] = pick(completed, call) ?? [];
    if (name === undefined || row === undefined) return [];
    const given = Object.entries(world.survey_responses).filter(
      ([, { contact_id }]) => contact_id === row.contact_id,
    );
    return [
      ...(areErased ? given.map(([answers]) => remove('survey_responses', answers)) : []),
      answering(row, name, now, newName),
      ...(isForgotten ? [remove('call_attempts', name)] : []),
    ];
  },
);

/** What was told of an ended call is told once more. */
export const webhookAgain = deed<{ call: number }>(
  'webhook again',
  { call: which },
  ({ call }, world, _, newName) => {
    const [name, row] =
      pick(
        callsThat(world, ({ ended_at }) => ended_at !== null),
        call,
      ) ?? [];
    const contact = world.contacts[row?.contact_id ?? ''];
    if (name === undefined || row === undefined || contact === undefined) return [];
    return [
      update('call_attempts', name, { ended_at: row.ended_at, outcome: row.outcome }),
      update('contacts', row.contact_id, { state: contact.state, last_outcome: contact.last_outcome }),
      ...telling(row.contact_id, row, contact.state, name, newName).map(
        (event): Write => ({ ...event, kind: 'insert if new' }),
      ),
    ];
  },
);

/** The latest call of a contact goes, or the first. */
export const forgetCall = deed<{ who: number; isFirst: boolean }>(
  'forget a call',
  { who: which, isFirst: fc.boolean() },
  ({ who, isFirst }, world) => {
    const calls = Object.keys(world.contacts).flatMap((contact) => {
      const [name] = callsOf(world, contact).at(isFirst ? 0 : -1) ?? [];
      return name ?? [];
    });
    const name = pick(calls, who);
    return name === undefined ? [] : [remove('call_attempts', name)];
  },
);

export const transcribe = deed<{ call: number }>(
  'transcribe',
  { call: which },
  ({ call }, world, _, newName) => {
    const [name] = pick(Object.entries(world.call_attempts).toReversed(), call) ?? [];
    return name === undefined ? [] : [transcribing(name, newName)];
  },
);
