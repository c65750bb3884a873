import { callOf, contactOf } from '../plan/plan.js';
import type { CallRecord } from '../plan/record.js';
import { type Evidence, groupBy, isUsedUp, mayBeErased, type RecordCheck } from './record-check.js';

/** The calls of the campaign, by the contact. */
const callsByContact = ({ calls }: Evidence): ReadonlyMap<string, CallRecord[]> =>
  groupBy(calls, ({ contactId }) => contactId);

/** The address of each number on the list. */
function addresses({ plan, position }: Evidence): ReadonlyMap<string, string | null> {
  const { contacts = 0 } = plan.campaigns[position] ?? {};
  return new Map(
    Array.from({ length: contacts }, (_, index) => {
      const { number, email } = contactOf(plan, position, index);
      return [number, email] as const;
    }),
  );
}

/** The checks of the rules 6 to 8: answers, events and e-mails. */
export const OUTCOME_CHECKS: readonly RecordCheck[] = [
  {
    rule: 6,
    finds: 'a contact with other answers than those of its completed call, or without them',
    find: (evidence) => {
      const calls = callsByContact(evidence);
      return [...evidence.rows.contacts.values()]
        .filter(({ id, number, state }) => {
          const answers = evidence.rows.answers.get(id);
          if (state !== 'completed') return answers !== undefined;
          return !(calls.get(id) ?? []).some(({ attempt }) => {
            const given = callOf(evidence.plan, evidence.position, number, attempt).answers;
            return given?.every((answer, index) => answer === answers?.[index]);
          });
        })
        .map(({ id }) => id);
    },
  },
  {
    rule: 6,
    finds: 'a call that was confirmed as completed, and whose contact is not',
    find: (evidence) =>
      evidence.calls
        .filter(
          (call) =>
            call.confirmedState === 'completed' &&
            !mayBeErased(evidence, call) &&
            evidence.rows.contacts.get(call.contactId)?.state !== 'completed',
        )
        .map(({ callId }) => callId),
  },
  {
    rule: 7,
    finds: 'a contact with several events, with one of another type than its state, or with none',
    find: (evidence) => {
      const { rows } = evidence;
      const events = groupBy(rows.events, ({ contactId }) => contactId);
      const unpublished = new Set(
        rows.attempts.filter(({ isUnpublished }) => isUnpublished).map(({ contactId }) => contactId),
      );
      return [...rows.contacts.values()]
        .filter((contact) => {
          const [event, ...more] = events.get(contact.id) ?? [];
          if (more.length > 0) return true;
          // A person may be excluded after the last attempt was published.
          if (contact.state === 'excluded') return event !== undefined && event.type !== 'survey.not_reached';
          if (event !== undefined) return event.type !== `survey.${contact.state}`;
          return (
            ['completed', 'refused'].includes(contact.state) ||
            (contact.state === 'not_reached' && isUsedUp(evidence, contact) && !unpublished.has(contact.id))
          );
        })
        .map(({ id }) => id);
    },
  },
  {
    rule: 7,
    finds: 'an event that the consumer did not receive, or received otherwise',
    find: ({ rows, record }) =>
      rows.events
        .filter(({ id, contactId, type }) => {
          const received = record.events.get(id);
          return (
            received === undefined ||
            received.contactId !== contactId ||
            received.type !== type ||
            (type === 'survey.completed' &&
              received.answers.some((answer, index) => answer !== rows.answers.get(contactId)?.[index]))
          );
        })
        .map(({ id }) => id),
  },
  {
    rule: 7,
    finds: 'a contact of which the consumer received several events',
    find: (evidence) => {
      const contacts = new Set(evidence.calls.map(({ contactId }) => contactId));
      const received = groupBy([...evidence.record.events.values()], ({ contactId }) => contactId);
      return [...received]
        .filter(([contactId, events]) => events.length > 1 && contacts.has(contactId))
        .map(([contactId]) => contactId);
    },
  },
  {
    rule: 8,
    finds:
      'an e-mail to another address than that on the list, of another type than its event, or a second one',
    find: (evidence) => {
      const { rows, record } = evidence;
      const known = addresses(evidence);
      const numbers = new Map(evidence.calls.map(({ contactId, number }) => [contactId, number]));
      const types = new Map(rows.events.map(({ id, type }) => [id, type]));
      const seen = new Set<string>();
      return [...record.emails]
        .filter(([, { contactId, to, eventId, type }]) => {
          const number = numbers.get(contactId);
          if (number === undefined) return false;
          const isRepeated = seen.has(contactId);
          seen.add(contactId);
          return isRepeated || to !== known.get(number) || (types.get(eventId) ?? type) !== type;
        })
        .map(([id]) => id);
    },
  },
  {
    rule: 8,
    finds: 'an e-mail whose row has another address or template, or is not sent although that was confirmed',
    find: ({ rows, record }) =>
      rows.emails
        .filter(({ id, contactId, to, type, status }) => {
          const sent = record.emails.get(id);
          if (sent === undefined) return status === 'sent';
          const isSame = sent.contactId === contactId && sent.to === to && sent.type === `survey.${type}`;
          return !isSame || (sent.isConfirmed && status !== 'sent');
        })
        .map(({ id }) => id),
  },
  {
    rule: 8,
    finds: 'an event of a person with an address that sent no e-mail',
    find: ({ rows, record }) => {
      const sent = new Set([...record.emails.values()].map(({ eventId }) => eventId));
      const written = new Set(rows.emails.map(({ contactId }) => contactId));
      return rows.events
        .filter(
          ({ id, contactId }) =>
            rows.contacts.get(contactId)?.email != null && !sent.has(id) && !written.has(contactId),
        )
        .map(({ id }) => id);
    },
  },
];
