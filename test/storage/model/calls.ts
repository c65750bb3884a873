import fc from 'fast-check';
import { at } from './database.js';
import { deed, mostly, rarely, who } from './deed.js';
import { telling } from './letters.js';
import { callsOf, latestOf, type World } from './world.js';

const STATES = ['pending', 'in_progress', 'completed', 'refused', 'not_reached', 'excluded'] as const;
const OUTCOMES = ['completed', 'refused', 'no_answer', 'busy', 'failed'] as const;

const inOrder = (turned: boolean, ...parts: string[]): string =>
  (turned ? parts.toReversed() : parts).join('; ');

/** A contact is claimed and dialled, or half of it. */
export const claim = deed<{ who: string; offset: number; count: number; turned: boolean; part: string }>(
  'claim',
  {
    who,
    offset: mostly(1, 0, 2),
    count: mostly(1, 0, -1, 2),
    turned: fc.boolean(),
    part: mostly('both', 'contact', 'call'),
  },
  ({ who, offset, count, turned, part }, after, now, newId) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
    const number = contact.count + offset;
    if (number < 1 || contact.count + count < 0) return undefined;
    const id = newId();
    const parts: string[] = [];
    if (part !== 'call') {
      contact.state = 'in_progress';
      contact.count += count;
      contact.last = now;
      parts.push(
        `update contacts set state = 'in_progress', attempts_count = attempts_count + ${count}, last_attempt_at = ${at(now)} where id = :${who}`,
      );
    }
    if (part !== 'contact') {
      after.calls[id] = {
        contact: who,
        number,
        start: now,
        answered: null,
        ended: null,
        outcome: null,
        key: null,
      };
      parts.push(
        `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, started_at)
           values (:${id}, :${who}, :${contact.campaign}, ${number}, '${id}', ${at(now)})`,
      );
    }
    return inOrder(turned, ...parts);
  },
);

export const answer = deed<{ who: string; early: boolean }>(
  'answer',
  { who, early: rarely },
  ({ who, early }, after, now) => {
    const [id, call] = latestOf(after, who) ?? [];
    if (call === undefined) return undefined;
    call.answered = early ? call.start - 5 : now;
    return `update call_attempts set answered_at = ${at(call.answered)} where id = :${id}`;
  },
);

interface Finish {
  readonly who: string;
  readonly outcome: string;
  readonly fitting: boolean;
  readonly state: string;
  readonly last: string;
  readonly answers: boolean | null;
  readonly tell: boolean;
  readonly early: boolean;
  readonly part: string;
  readonly turned: boolean;
}

export const finish = deed<Finish>(
  'finish',
  {
    who,
    outcome: fc.constantFrom(...OUTCOMES),
    fitting: mostly(true, false),
    state: mostly('fit', ...STATES),
    last: mostly('fit', ...OUTCOMES),
    answers: mostly<boolean | null>(null, true, false),
    tell: fc.boolean(),
    early: rarely,
    part: mostly('both', 'contact', 'call'),
    turned: fc.boolean(),
  },
  (choice, after, now) => {
    const [id, call] = latestOf(after, choice.who) ?? [];
    const contact = after.contacts[choice.who];
    if (id === undefined || call === undefined || contact === undefined) return undefined;
    const outcome = choice.fitting ? fittingOutcome(choice.outcome, call.answered !== null) : choice.outcome;
    const parts: string[] = [];
    if (choice.part !== 'contact') {
      call.ended = choice.early ? call.start - 1 : now;
      call.outcome = outcome;
      parts.push(
        `update call_attempts set ended_at = ${at(call.ended)}, outcome = '${outcome}' where id = :${id}`,
      );
    }
    if (choice.part !== 'call') {
      contact.state =
        choice.state === 'fit' ? stateAfter(outcome, contact.count, after, contact.campaign) : choice.state;
      contact.outcome = choice.last === 'fit' ? outcome : choice.last;
      parts.push(
        `update contacts set state = '${contact.state}', last_outcome = '${contact.outcome}' where id = :${choice.who}`,
      );
    }
    if ((choice.answers ?? outcome === 'completed') && !after.answers.includes(choice.who)) {
      after.answers = [...after.answers, choice.who].sort();
      parts.push(
        `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer, completed_at)
           values (:${choice.who}, :${contact.campaign}, :${id}, 'a', '1', '2', ${at(now)})`,
      );
    }
    if (choice.tell && contact.state !== 'pending' && after.events[choice.who] === undefined) {
      const told = telling(after, choice.who, contact.state, id);
      if (told !== undefined) parts.push(told);
    }
    return inOrder(choice.turned, ...parts);
  },
);

/** An outcome that a call may have which was answered, or was not. */
function fittingOutcome(outcome: string, answered: boolean): string {
  const fits = answered
    ? { no_answer: 'completed', busy: 'refused' }
    : { completed: 'no_answer', refused: 'busy' };
  return new Map(Object.entries(fits)).get(outcome) ?? outcome;
}

function stateAfter(outcome: string, count: number, { campaigns }: World, campaign: string): string {
  if (outcome === 'completed' || outcome === 'refused') return outcome;
  return count < (campaigns[campaign]?.max ?? 0) ? 'pending' : 'not_reached';
}

export const webhookAgain = deed<{ who: string }>('webhook again', { who }, ({ who }, after) => {
  const [id, call] = latestOf(after, who) ?? [];
  const contact = after.contacts[who];
  if (call?.ended == null || contact === undefined || after.events[who] === undefined) return undefined;
  return `update call_attempts set ended_at = ${at(call.ended)}, outcome = '${call.outcome}' where id = :${id};
    update contacts set state = '${contact.state}' where id = :${who};
    insert into events (event_type, contact_id, campaign_id)
      values ('survey.${after.events[who].kind}', :${who}, :${contact.campaign}) on conflict do nothing`;
});

export const setState = deed<{ who: string; state: string }>(
  'set state',
  { who, state: fc.constantFrom(...STATES) },
  ({ who, state }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
    contact.state = state;
    return `update contacts set state = '${state}' where id = :${who}`;
  },
);

export const key = deed<{ who: string; key: string }>(
  'key',
  { who, key: fc.constantFrom('k1', 'k2') },
  ({ who, key }, after) => {
    const [id, call] = latestOf(after, who) ?? [];
    if (call === undefined) return undefined;
    call.key = key;
    return `update call_attempts set provider_call_id = '${key}' where id = :${id}`;
  },
);

export const forget = deed<{ who: string; what: string }>(
  'forget',
  { who, what: fc.constantFrom('first call', 'latest call', 'answers') },
  ({ who, what }, after) => {
    if (what === 'answers') {
      after.answers = after.answers.filter((name) => name !== who);
      return `delete from survey_responses where contact_id = :${who}`;
    }
    const [id] = (what === 'first call' ? callsOf(after, who)[0] : latestOf(after, who)) ?? [];
    if (id === undefined) return undefined;
    // Its answers go with it; an event forgets which call it was.
    const answered = after.calls[id]?.outcome === 'completed';
    delete after.calls[id];
    if (answered) after.answers = after.answers.filter((name) => name !== who);
    for (const event of Object.values(after.events)) if (event.call === id) event.call = null;
    return `delete from call_attempts where id = :${id}`;
  },
);
