import fc from 'fast-check';
import { deed, mostly, NAMES, who } from './deed.js';
import { latestOf, type World } from './world.js';

const KINDS = ['completed', 'refused', 'not_reached'] as const;

/** The event of an end, in the world and in SQL; undefined where no event has that kind. */
export function telling(after: World, name: string, kind: string, call: string | null): string | undefined {
  if (!KINDS.some((known) => known === kind)) return undefined;
  after.events[name] = { kind, call };
  return `insert into events (id, event_type, contact_id, campaign_id, call_attempt_id)
    values (:event_of_${name}, 'survey.${kind}', :${name}, :${after.contacts[name]?.campaign}, ${call === null ? 'null' : `:${call}`})`;
}

export const tell = deed<{ who: string; kind: string; call: string }>(
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

export const untell = deed<{ who: string }>('untell', { who }, ({ who }, after) => {
  if (after.events[who] === undefined) return undefined;
  delete after.events[who];
  delete after.emails[who];
  return `delete from events where id = :event_of_${who}`;
});

export const write = deed<{ who: string }>('write', { who }, ({ who }, after) => {
  const event = after.events[who];
  if (event === undefined || after.emails[who] !== undefined) return undefined;
  after.emails[who] = 'pending';
  return `insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
    values (:email_to_${who}, :event_of_${who}, :${who}, :${after.contacts[who]?.campaign}, :${event.kind}, '${who}@example.com')`;
});

export const mail = deed<{ who: string; status: string }>(
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
