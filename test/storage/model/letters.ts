import fc from 'fast-check';
import { deed, mostly, NAMES, who } from './deed.js';
import { latestOf, type World } from './world.js';

const KINDS = ['completed', 'refused', 'not_reached'] as const;

/** The event of an end, in the world and in SQL; undefined where there is no such kind, or another was told. */
export function telling(after: World, name: string, kind: string, call: string | null): string | undefined {
  if (!KINDS.some((known) => known === kind)) return undefined;
  const told = after.events[name];
  if (told !== undefined && told.kind !== kind) return undefined;
  after.events[name] = { kind, call, times: (told?.times ?? 0) + 1 };
  const id = told === undefined ? `:event_of_${name}` : 'gen_random_uuid()';
  return `insert into events (id, event_type, contact_id, campaign_id, call_attempt_id)
    values (${id}, 'survey.${kind}', :${name}, :${after.contacts[name]?.campaign}, ${call === null ? 'null' : `:${call}`})`;
}

export const tell = deed<{ who: string; kind: string; call: string }>(
  'tell',
  { who, kind: mostly('fit', ...KINDS), call: mostly('own', 'none', 'other') },
  ({ who, kind, call }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
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

const NOT_FITTING = { kind: mostly('fit', ...KINDS), to: mostly('own', ...NAMES) };

export const write = deed<{ who: string; kind: string; to: string }>(
  'write',
  { who, ...NOT_FITTING },
  ({ who, kind, to }, after) => {
    const event = after.events[who];
    if (event === undefined || after.emails[who] !== undefined) return undefined;
    const email = {
      status: 'pending',
      kind: kind === 'fit' ? event.kind : kind,
      to: to === 'own' ? who : to,
    };
    after.emails[who] = email;
    return `insert into email_notifications (id, event_id, contact_id, campaign_id, template_id, to_email)
      values (:email_to_${who}, :event_of_${who}, :${who}, :${after.contacts[who]?.campaign}, :${email.kind}, '${email.to}@example.com')`;
  },
);

export const readdress = deed<{ who: string; kind: string; to: string }>(
  'readdress',
  { who, ...NOT_FITTING },
  ({ who, kind, to }, after) => {
    const email = after.emails[who];
    if (email === undefined) return undefined;
    Object.assign(email, { kind: kind === 'fit' ? email.kind : kind, to: to === 'own' ? who : to });
    return `update email_notifications set template_id = :${email.kind}, to_email = '${email.to}@example.com'
      where id = :email_to_${who}`;
  },
);

export const mail = deed<{ who: string; status: string }>(
  'mail',
  { who, status: fc.constantFrom('sent', 'sent', 'failed', 'pending', 'deleted', 'deleted') },
  ({ who, status }, after) => {
    const email = after.emails[who];
    if (email === undefined) return undefined;
    if (status === 'deleted') {
      delete after.emails[who];
      return `delete from email_notifications where id = :email_to_${who}`;
    }
    email.status = status;
    return `update email_notifications set status = '${status}' where id = :email_to_${who}`;
  },
);
