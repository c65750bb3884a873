import fc from 'fast-check';
import { at, importing, timeOf } from './database.js';
import { callsOf, excludeNumber, FINAL, latestOf, PHONES, type World } from './world.js';

/** What somebody does in one transaction: the statements, and what they would make of the world. */
export interface Step {
  readonly sql: string;
  readonly after: World;
}

/** An attempt at a step, legal or not; undefined where there is nothing to attempt it on. */
export interface Deed {
  /** For a report. */
  toString(): string;
  /** How many minutes pass before. */
  readonly wait: number;
  take(before: World, now: number, newId: () => string): Step | undefined;
}

const NAMES = ['ann', 'bob', 'cat', 'dan'] as const;
const STATES = ['pending', 'in_progress', 'completed', 'refused', 'not_reached', 'excluded'] as const;
const OUTCOMES = ['completed', 'refused', 'no_answer', 'busy', 'failed'] as const;
const STATUSES = ['draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled'] as const;

const who = fc.constantFrom(...NAMES);
const which = fc.constantFrom('one', 'one', 'two');
const phone = fc.constantFrom(...PHONES);
const rarely = fc.oneof(
  { weight: 14, arbitrary: fc.constant(false) },
  { weight: 1, arbitrary: fc.constant(true) },
);
const mostly = <T>(usual: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(usual) },
    { weight: 2, arbitrary: fc.constantFrom(usual, ...others) },
  );

type Change<Choice> = (choice: Choice, after: World, now: number, newId: () => string) => string | undefined;

/** A kind of deed: what may be chosen, and what it does to a copy of the world and in SQL. */
function deed<Choice extends object>(
  name: string,
  choices: { [Key in keyof Choice]: fc.Arbitrary<Choice[Key]> },
  change: Change<Choice>,
): fc.Arbitrary<Deed> {
  const wait = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 5 }) },
    { weight: 3, arbitrary: fc.integer({ min: 30, max: 90 }) },
    { weight: 1, arbitrary: fc.integer({ min: 200, max: 900 }) },
  );
  return fc.tuple(fc.record(choices) as fc.Arbitrary<Choice>, wait).map(([choice, minutes]) => ({
    wait: minutes,
    toString: () => `+${minutes} min ${name} ${JSON.stringify(choice)}`,
    take: (before, now, newId) => {
      const after = structuredClone(before);
      const sql = change(choice, after, now, newId);
      // A contact who asked not to be called is excluded, whatever is written.
      for (const contact of Object.values(after.contacts)) {
        if (contact.unwilling && !FINAL.has(contact.state)) contact.state = 'excluded';
      }
      return sql === undefined ? undefined : { sql, after };
    },
  }));
}

const inOrder = (turned: boolean, ...parts: string[]): string =>
  (turned ? parts.toReversed() : parts).join('; ');

const claim = deed<{ who: string; offset: number; count: number; turned: boolean; part: string }>(
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

const answer = deed<{ who: string; early: boolean }>(
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
  readonly state: string;
  readonly last: string;
  readonly answers: boolean | null;
  readonly tell: boolean;
  readonly early: boolean;
  readonly part: string;
  readonly turned: boolean;
}

const finish = deed<Finish>(
  'finish',
  {
    who,
    outcome: fc.constantFrom(...OUTCOMES),
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
    const parts: string[] = [];
    if (choice.part !== 'contact') {
      call.ended = choice.early ? call.start - 1 : now;
      call.outcome = choice.outcome;
      parts.push(
        `update call_attempts set ended_at = ${at(call.ended)}, outcome = '${choice.outcome}' where id = :${id}`,
      );
    }
    if (choice.part !== 'call') {
      contact.state =
        choice.state === 'fit'
          ? stateAfter(choice.outcome, contact.count, after, contact.campaign)
          : choice.state;
      contact.outcome = choice.last === 'fit' ? choice.outcome : choice.last;
      parts.push(
        `update contacts set state = '${contact.state}', last_outcome = '${contact.outcome}' where id = :${choice.who}`,
      );
    }
    if ((choice.answers ?? choice.outcome === 'completed') && !after.answers.includes(choice.who)) {
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

function stateAfter(outcome: string, count: number, { campaigns }: World, campaign: string): string {
  if (outcome === 'completed' || outcome === 'refused') return outcome;
  return count < (campaigns[campaign]?.max ?? 0) ? 'pending' : 'not_reached';
}

const KINDS = ['completed', 'refused', 'not_reached'] as const;

function telling(after: World, name: string, kind: string, call: string | null): string | undefined {
  if (!KINDS.some((known) => known === kind)) return undefined;
  after.events[name] = { kind, call };
  return `insert into events (id, event_type, contact_id, campaign_id, call_attempt_id)
    values (:event_of_${name}, 'survey.${kind}', :${name}, :${after.contacts[name]?.campaign}, ${call === null ? 'null' : `:${call}`})`;
}

const webhookAgain = deed<{ who: string }>('webhook again', { who }, ({ who }, after) => {
  const [id, call] = latestOf(after, who) ?? [];
  const contact = after.contacts[who];
  if (call?.ended == null || contact === undefined || after.events[who] === undefined) return undefined;
  return `update call_attempts set ended_at = ${at(call.ended)}, outcome = '${call.outcome}' where id = :${id};
    update contacts set state = '${contact.state}' where id = :${who};
    insert into events (event_type, contact_id, campaign_id)
      values ('survey.${after.events[who].kind}', :${who}, :${contact.campaign}) on conflict do nothing`;
});

const setState = deed<{ who: string; state: string }>(
  'set state',
  { who, state: fc.constantFrom(...STATES) },
  ({ who, state }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
    contact.state = state;
    return `update contacts set state = '${state}' where id = :${who}`;
  },
);

const tell = deed<{ who: string; kind: string; call: string }>(
  'tell',
  { who, kind: mostly('fit', ...KINDS), call: mostly('own', 'none', 'other') },
  ({ who, kind, call }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined || after.events[who] !== undefined) return undefined;
    const own = latestOf(after, who)?.[0] ?? null;
    const other =
      NAMES.filter((name) => name !== who).flatMap((name) => latestOf(after, name)?.[0] ?? [])[0] ?? null;
    const chosen = { own, none: null, other }[call] ?? null;
    return telling(after, who, kind === 'fit' ? contact.state : kind, chosen);
  },
);

const untell = deed<{ who: string }>('untell', { who }, ({ who }, after) => {
  if (after.events[who] === undefined) return undefined;
  delete after.events[who];
  delete after.emails[who];
  return `delete from events where id = :event_of_${who}`;
});

const write = deed<{ who: string }>('write', { who }, ({ who }, after) => {
  const event = after.events[who];
  if (event === undefined || after.emails[who] !== undefined) return undefined;
  after.emails[who] = 'pending';
  return `insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
    values (:email_to_${who}, :event_of_${who}, :${who}, :${after.contacts[who]?.campaign}, :${event.kind}, '${who}@example.com')`;
});

const mail = deed<{ who: string; status: string }>(
  'mail',
  { who, status: fc.constantFrom('sent', 'sent', 'failed', 'pending', 'deleted') },
  ({ who, status }, after) => {
    if (after.emails[who] === undefined) return undefined;
    if (status === 'deleted') {
      delete after.emails[who];
      return `delete from email_notifications where id = :email_to_${who}`;
    }
    after.emails[who] = status;
    return `update email_notifications set status = '${status}' where id = :email_to_${who}`;
  },
);

const exclude = deed<{ phone: string }>('exclude', { phone }, ({ phone }, after) => {
  if (after.listed.includes(phone)) return undefined;
  list(after, phone);
  return `insert into exclusion_list_entries (phone_number) values ('${phone}')`;
});

function list(after: World, phone: string): void {
  if (!after.listed.includes(phone)) after.listed = [...after.listed, phone].sort();
  excludeNumber(after, phone);
}

const unlist = deed<{ phone: string }>('unlist', { phone }, ({ phone }, after) => {
  after.listed = after.listed.filter((listed) => listed !== phone);
  return `delete from exclusion_list_entries where phone_number = '${phone}'`;
});

const unwilling = deed<{ who: string; value: boolean }>(
  'do not call',
  { who, value: mostly(true, false) },
  ({ who, value }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
    contact.unwilling = value;
    return `update contacts set do_not_call = ${value} where id = :${who}`;
  },
);

const move = deed<{ which: string; status: string }>(
  'move campaign',
  {
    which,
    status: fc.oneof(
      { weight: 5, arbitrary: fc.constant('running') },
      { weight: 3, arbitrary: fc.constantFrom(...STATUSES.slice(0, 4)) },
      { weight: 1, arbitrary: fc.constantFrom(...STATUSES) },
    ),
  },
  ({ which, status }, after) => {
    const campaign = after.campaigns[which];
    if (campaign === undefined) return undefined;
    campaign.status = status;
    return `update campaigns set status = '${status}' where id = :${which}`;
  },
);

const rule = deed<{ which: string; interval: number; from: number; until: number; max: number | null }>(
  'change the rules of a campaign',
  {
    which,
    interval: fc.constantFrom(60, 1, 120),
    from: fc.constantFrom(0, 540),
    until: fc.constantFrom(1440, 1440, 1200, 480),
    max: mostly<number | null>(null, 1, 2, 3),
  },
  ({ which, interval, from, until, max }, after) => {
    const campaign = after.campaigns[which];
    if (campaign === undefined) return undefined;
    Object.assign(campaign, { interval, from, until, max: max ?? campaign.max });
    return `update campaigns set retry_interval_minutes = ${interval}, allowed_call_start_local = ${timeOf(from)},
      allowed_call_end_local = ${timeOf(until)}, max_attempts = ${campaign.max} where id = :${which}`;
  },
);

const provider = deed<{ limit: number | null }>(
  'provider',
  { limit: fc.constantFrom(1, 2, 2, 3, null) },
  ({ limit }, after) => {
    after.limit = limit;
    return `delete from provider_configs; ${limit === null ? '' : `insert into provider_configs (outbound_number, max_concurrent_calls) values ('+4930000000', ${limit})`}`;
  },
);

const erase = deed<{ who: string }>('erase', { who }, ({ who }, after) => {
  const contact = after.contacts[who];
  if (contact === undefined) return undefined;
  delete after.contacts[who];
  delete after.events[who];
  delete after.emails[who];
  after.answers = after.answers.filter((name) => name !== who);
  for (const [id] of callsOf(after, who)) delete after.calls[id];
  if (contact.unwilling) list(after, contact.phone);
  return `delete from contacts where id = :${who}`;
});

const bring = deed<{ who: string; phone: string; unwilling: boolean }>(
  'import',
  { who, phone, unwilling: rarely },
  ({ who, phone, unwilling }, after) => {
    if (after.contacts[who] !== undefined) return undefined;
    const campaign = who === 'dan' ? 'two' : 'one';
    const state = after.listed.includes(phone) ? 'excluded' : 'pending';
    after.contacts[who] = { campaign, phone, unwilling, state, count: 0, outcome: null };
    return importing(who, campaign, phone, unwilling);
  },
);

const renumber = deed<{ who: string; phone: string }>('renumber', { who, phone }, ({ who, phone }, after) => {
  const contact = after.contacts[who];
  if (contact === undefined) return undefined;
  const changed = contact.phone !== phone;
  contact.phone = phone;
  if (changed && after.listed.includes(phone) && !FINAL.has(contact.state)) contact.state = 'excluded';
  return `update contacts set phone_number = '${phone}' where id = :${who}`;
});

const key = deed<{ who: string; key: string }>(
  'key',
  { who, key: fc.constantFrom('k1', 'k2') },
  ({ who, key }, after) => {
    const [id, call] = latestOf(after, who) ?? [];
    if (call === undefined) return undefined;
    call.key = key;
    return `update call_attempts set provider_call_id = '${key}' where id = :${id}`;
  },
);

const forget = deed<{ who: string; what: string }>(
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

/** Any deed; the steps of a call come most often. */
export const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 14, arbitrary: claim },
  { weight: 10, arbitrary: answer },
  { weight: 14, arbitrary: finish },
  { weight: 8, arbitrary: move },
  { weight: 5, arbitrary: tell },
  { weight: 5, arbitrary: write },
  { weight: 4, arbitrary: mail },
  { weight: 3, arbitrary: setState },
  { weight: 3, arbitrary: bring },
  { weight: 2, arbitrary: webhookAgain },
  { weight: 2, arbitrary: rule },
  { weight: 2, arbitrary: provider },
  { weight: 2, arbitrary: erase },
  { weight: 3, arbitrary: key },
  { weight: 2, arbitrary: forget },
  { weight: 1, arbitrary: exclude },
  { weight: 1, arbitrary: unlist },
  { weight: 1, arbitrary: unwilling },
  { weight: 1, arbitrary: renumber },
  { weight: 1, arbitrary: untell },
);
