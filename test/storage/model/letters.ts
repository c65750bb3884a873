import fc from 'fast-check';
import { deed, insert, mostly, pick, rarely, remove, update, which } from './deed.js';
import { callsOf, type Event, type World } from './world.js';
import type { Insertion, Write } from './write.js';

const KINDS = ['completed', 'refused', 'not_reached'];

/** The event of an end; nothing where there is no such kind. */
export const telling = (
  contact_id: string,
  { campaign_id }: { readonly campaign_id: string },
  kind: string,
  call_attempt_id: string | null,
  newName: (kind: string) => string,
): Insertion<Event>[] =>
  KINDS.includes(kind)
    ? [
        insert('events', newName('event'), {
          event_type: `survey.${kind}`,
          contact_id,
          campaign_id,
          call_attempt_id,
        }),
      ]
    : [];

/** The end of somebody is told, with the latest call; now and then with the first, which may go in the same step. */
export const tell = deed<{ who: number; isAny: boolean; call: string }>(
  'tell',
  { who: which, isAny: rarely, call: mostly('latest', 'first', 'first, which goes') },
  ({ who, isAny, call: chosen }, world, _, newName) => {
    const untold = Object.entries(world.contacts).filter(
      ([name, { state }]) =>
        isAny ||
        (KINDS.includes(state) && Object.values(world.events).every(({ contact_id }) => contact_id !== name)),
    );
    const [name, contact] = pick(untold, who) ?? [];
    if (name === undefined || contact === undefined) return [];
    const [call] = callsOf(world, name).at(chosen === 'latest' ? -1 : 0) ?? [];
    return [
      ...telling(name, contact, contact.state, call ?? null, newName),
      ...(chosen === 'first, which goes' && call !== undefined ? [remove('call_attempts', call)] : []),
    ];
  },
);

/** The e-mail of an event, in the campaign's language; nothing where there is no template. */
export function writing(
  world: World,
  event_id: string,
  told: Event,
  newName: (kind: string) => string,
): Write[] {
  const { contact_id, campaign_id } = told;
  const [template_id] =
    Object.entries(world.email_templates).find(
      ([, { type, locale }]) =>
        `survey.${type}` === told.event_type && locale === world.campaigns[campaign_id]?.language,
    ) ?? [];
  const to_email = world.contacts[contact_id]?.email;
  return template_id === undefined || to_email === undefined
    ? []
    : [
        insert('email_notifications', newName('email'), {
          ...{ event_id, contact_id, campaign_id },
          ...{ template_id, to_email, status: 'pending' },
        }),
      ];
}

export const write = deed<{ event: number; isAny: boolean }>(
  'write',
  { event: which, isAny: rarely },
  ({ event, isAny }, world, _, newName) => {
    const unwritten = Object.entries(world.events).filter(
      ([name]) =>
        isAny || Object.values(world.email_notifications).every(({ event_id }) => event_id !== name),
    );
    const [name, told] = pick(unwritten, event) ?? [];
    return name === undefined || told === undefined ? [] : writing(world, name, told, newName);
  },
);

export const mail = deed<{ email: number; status: string }>(
  'mail',
  { email: which, status: fc.constantFrom('sent', 'sent', 'failed', 'pending') },
  ({ email, status }, world) => {
    const [name] = pick(Object.entries(world.email_notifications).toReversed(), email) ?? [];
    return name === undefined ? [] : [update('email_notifications', name, { status })];
  },
);
