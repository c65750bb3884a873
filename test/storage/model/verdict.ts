import { type Call, type Contact, callsOf, latestOf, type World } from './world.js';

/**
 * Whether a step may be taken: what was there, and what would be there. A sentence that says why not, or null.
 *
 * It knows nothing of triggers and locks: each function says one rule of the product in its own words.
 */
export function verdictOn(before: World, after: World): string | null {
  for (const [sentence, isKept] of Object.entries(RULES)) if (!isKept(before, after)) return sentence;
  return null;
}

type Rule = (before: World, after: World) => boolean;

const NEXT: Readonly<Record<string, readonly string[]>> = {
  pending: ['in_progress', 'excluded'],
  in_progress: ['pending', 'completed', 'refused', 'not_reached', 'excluded'],
  not_reached: ['pending', 'in_progress', 'excluded'],
  completed: [],
  refused: [],
  excluded: [],
};

const NEXT_STATUS: Readonly<Record<string, readonly string[]>> = {
  draft: ['scheduled', 'running', 'cancelled'],
  scheduled: ['running', 'cancelled'],
  running: ['paused', 'completed', 'cancelled'],
  paused: ['running', 'completed', 'cancelled'],
  completed: [],
  cancelled: [],
};

const UNANSWERED: ReadonlySet<string | null> = new Set(['no_answer', 'busy']);
const WITHOUT_RESULT: ReadonlySet<string | null> = new Set(['no_answer', 'busy', 'failed']);
const ANSWERED: ReadonlySet<string | null> = new Set(['completed', 'refused']);

const contacts = (world: World): [string, Contact][] => Object.entries(world.contacts);
const calls = (world: World): [string, Call][] => Object.entries(world.calls);
const campaignOf = (world: World, contact: string) =>
  world.campaigns[world.contacts[contact]?.campaign ?? ''];

/** Contacts that were there and still are, whose state is another. */
const moved = (before: World, after: World): [string, Contact, Contact][] =>
  contacts(after).flatMap(([name, now]) => {
    const was = before.contacts[name];
    return was === undefined || was.state === now.state
      ? []
      : [[name, was, now] as [string, Contact, Contact]];
  });

const begun = (before: World, after: World): [string, Call][] =>
  calls(after).filter(([id]) => before.calls[id] === undefined);

/** Calls that were there and still are. */
const kept = (before: World, after: World): [Call, Call][] =>
  calls(after).flatMap(([id, now]) => {
    const was = before.calls[id];
    return was === undefined ? [] : [[was, now] as [Call, Call]];
  });

const RULES: Readonly<Record<string, Rule>> = {
  '1: the excluded are not dialled': (before, after) =>
    begun(before, after).every(([, { contact }]) => {
      const callee = before.contacts[contact];
      return (
        callee !== undefined &&
        callee.state !== 'excluded' &&
        !callee.unwilling &&
        !after.listed.includes(callee.phone)
      );
    }),
  '1: nobody who must not be called waits': (_, after) =>
    contacts(after).every(
      ([, { state, unwilling, phone }]) =>
        !['pending', 'in_progress', 'not_reached'].includes(state) ||
        !(unwilling || after.listed.includes(phone)),
    ),
  '1: the list has a number once': (_, after) => new Set(after.listed).size === after.listed.length,
  '2: attempts are numbered 1, 2, 3, and counted': (before, after) =>
    contacts(after).every(([name, { count }]) => {
      const [call, ...more] = begun(before, after).filter(([, { contact }]) => contact === name);
      const was = before.contacts[name]?.count ?? 0;
      return (
        more.length === 0 &&
        count === (call === undefined ? was : was + 1) &&
        (call === undefined || call[1].number === count)
      );
    }),
  '2: nothing is known of calls before the first': (_, after) =>
    contacts(after).every(([, { count, last, outcome }]) => count > 0 || (last === null && outcome === null)),
  '2: at most max_attempts': (before, after) =>
    begun(before, after).every(([, { contact, number }]) => number <= (campaignOf(after, contact)?.max ?? 0)),
  '2: never twice at once': (_, after) =>
    contacts(after).every(
      ([name]) => callsOf(after, name).filter(([, { ended }]) => ended === null).length <= 1,
    ),
  '2: the latest call is not forgotten while another may come': (before, after) =>
    calls(before).every(([id, { contact, number, ended }]) => {
      const now = after.contacts[contact];
      if (now === undefined || after.calls[id] !== undefined) return true;
      if (now.state === 'in_progress') return now.count - number > 1;
      const isLatest = ['pending', 'not_reached'].includes(now.state) && now.count === number;
      const isOver = ['completed', 'cancelled'].includes(campaignOf(after, contact)?.status ?? '');
      return !isLatest || (isOver && ended !== null);
    }),
  '3: calls start in a running campaign, in its hours': (before, after) =>
    begun(before, after).every(([, { contact, start }]) => {
      const campaign = campaignOf(after, contact);
      const minute = start % 1440;
      return campaign?.status === 'running' && minute >= campaign.from && minute < campaign.until;
    }),
  '3: no sooner than the interval after the last, and when that is over': (before, after) =>
    begun(before, after).every(([id, { contact, start }]) =>
      callsOf(after, contact)
        .filter(([other]) => other !== id)
        .every(
          ([, last]) =>
            start >= last.start + (campaignOf(after, contact)?.interval ?? 0) &&
            start >= (last.ended ?? start) - 1,
        ),
    ),
  '4: no more calls than the provider takes': (before, after) =>
    begun(before, after).length === 0 ||
    (after.limit !== null && calls(after).filter(([, { ended }]) => ended === null).length <= after.limit),
  '5: facts of a call stay': (before, after) =>
    kept(before, after).every(
      ([was, now]) =>
        was.number === now.number &&
        (was.answered === null || was.answered === now.answered) &&
        (was.ended === null || (was.ended === now.ended && was.outcome === now.outcome)) &&
        (was.key === null || was.key === now.key),
    ),
  '5: times run forward': (_, after) =>
    calls(after).every(
      ([, { start, answered, ended }]) =>
        start <= (answered ?? start) && (answered ?? start) <= (ended ?? Number.POSITIVE_INFINITY),
    ),
  '5: an outcome comes with an end and agrees with the answering': (_, after) =>
    calls(after).every(
      ([, { answered, ended, outcome }]) =>
        (ended === null) === (outcome === null) &&
        (!ANSWERED.has(outcome) || answered !== null) &&
        (!UNANSWERED.has(outcome) || answered === null),
    ),
  "5: a provider's key names one call": (_, after) => {
    const keys = calls(after).flatMap(([, { key }]) => key ?? []);
    return new Set(keys).size === keys.length;
  },
  '6: answers are of a completed contact and call': (before, after) =>
    after.answers
      .filter((name) => !before.answers.includes(name))
      .every(
        (name) =>
          after.contacts[name]?.state === 'completed' && latestOf(after, name)?.[1].outcome === 'completed',
      ),
  '7: an end is told once': (_, after) => Object.values(after.events).every(({ times }) => times === 1),
  '7: an event tells the end that came': (before, after) =>
    Object.entries(after.events).every(([name, { kind, call }]) => {
      if (before.events[name] !== undefined) return true;
      const contact = after.contacts[name];
      const told = after.calls[call ?? ''];
      if (contact === undefined || kind !== contact.state) return false;
      if (told !== undefined && told.contact !== name) return false;
      if (kind !== 'not_reached') {
        const isForgotten = callsOf(after, name).every(([, { outcome }]) => outcome !== kind);
        return call === null ? isForgotten : told?.outcome === kind;
      }
      return (
        contact.count >= (campaignOf(after, name)?.max ?? 0) &&
        (told === undefined || WITHOUT_RESULT.has(told.outcome))
      );
    }),
  '7: what was told stays told': (before, after) =>
    Object.entries(before.events).every(([name, { kind, call }]) => {
      if (after.contacts[name] === undefined) return true;
      const now = after.events[name];
      return (
        now?.kind === kind &&
        (now.call === call || (now.call === null && after.calls[call ?? ''] === undefined))
      );
    }),
  "8: an e-mail is of its event's kind, to its contact": (before, after) =>
    Object.entries(after.emails).every(([name, { kind, to }]) => {
      const was = before.emails[name];
      const told = after.events[name];
      return (
        told !== undefined && ((was?.kind === kind && was.to === to) || (told.kind === kind && to === name))
      );
    }),
  '8: what is sent stays sent': (before, after) =>
    Object.entries(before.emails).every(([name, { status, kind, to }]) => {
      if (status !== 'sent' || after.contacts[name] === undefined) return true;
      const now = after.emails[name];
      return now?.status === 'sent' && now.kind === kind && now.to === to;
    }),
  "9: a campaign's life": (before, after) =>
    Object.entries(after.campaigns).every(([name, { status }]) => {
      const was = before.campaigns[name]?.status ?? '';
      return was === status || NEXT_STATUS[was]?.includes(status) === true;
    }),
  '9: a campaign starts with a contact to call': (before, after) =>
    Object.entries(after.campaigns).every(([name, { status }]) => {
      const starts =
        ['draft', 'scheduled'].includes(before.campaigns[name]?.status ?? '') && status === 'running';
      return (
        !starts || contacts(after).some(([, { campaign, state }]) => campaign === name && state === 'pending')
      );
    }),
  '9: what is asked is fixed from the start, hours while it runs': (before, after) =>
    Object.entries(after.campaigns).every(([name, now]) => {
      const was = before.campaigns[name] ?? now;
      const early = ['draft', 'scheduled'].includes(was.status);
      const hours = was.interval === now.interval && was.from === now.from && was.until === now.until;
      return (
        (early || was.max === now.max) && (early || was.status === 'paused' || hours) && now.from < now.until
      );
    }),
  "10: a contact's life": (before, after) =>
    moved(before, after).every(([, was, now]) => NEXT[was.state]?.includes(now.state) === true),
  '10: a contact begins pending or excluded, and stays in its campaign': (before, after) =>
    contacts(after).every(([name, { campaign, state, count }]) => {
      const was = before.contacts[name];
      return was === undefined
        ? ['pending', 'excluded'].includes(state) && count === 0
        : was.campaign === campaign;
    }),
  '10: in progress means that one call is open': (_, after) =>
    contacts(after).every(([name, { state }]) => {
      const open = callsOf(after, name).some(([, { ended }]) => ended === null);
      return open ? ['in_progress', 'excluded'].includes(state) : state !== 'in_progress';
    }),
  '10: a state is borne out by the calls': (before, after) =>
    moved(before, after).every(([name, , { state, count }]) => {
      const outcome = latestOf(after, name)?.[1].outcome ?? null;
      if (state === 'completed') return outcome === 'completed' && after.answers.includes(name);
      if (state === 'refused') return outcome === 'refused';
      if (state === 'pending')
        return WITHOUT_RESULT.has(outcome) && count < (campaignOf(after, name)?.max ?? 0);
      return state !== 'not_reached' || WITHOUT_RESULT.has(outcome);
    }),
  '10: the last outcome is that of the latest call': (before, after) =>
    contacts(after).every(([name, { outcome }]) => {
      if (outcome === null || outcome === before.contacts[name]?.outcome) return true;
      const ended = callsOf(after, name).filter(([, call]) => call.outcome !== null);
      return ended.at(-1)?.[1].outcome === outcome;
    }),
  '10: a campaign lists a number once': (_, after) => {
    const places = contacts(after).map(([, { campaign, phone }]) => `${campaign} ${phone}`);
    return new Set(places).size === places.length;
  },
};
