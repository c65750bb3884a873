import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicNow } from '../../text/clock.js';
import { draw } from '../plan/draw.js';
import type { Rehearsal } from './rehearsal.js';
import type { Session } from './session.js';

/** The name of the consumer. */
export const CONSUMER = 'rehearsal';
/** How long a service has for what it claimed. */
const LEASE = '5 seconds';
const PAUSE_MS = 100;
const EVENTS_PER_CLAIM = 100;
const EMAILS_PER_CLAIM = 50;
/** The share of the events and e-mails that their receiver refuses the first time. */
const REFUSED = 0.01;

interface ClaimedEvent {
  readonly event_id: string;
  readonly event_type: string;
  readonly contact_id: string;
  readonly external_contact_id: string;
  readonly deliveries_count: number;
  readonly q1_answer: string | null;
  readonly q2_answer: string | null;
  readonly q3_answer: string | null;
}

interface ClaimedEmail {
  readonly notification_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly contact_id: string;
  readonly to_email: string;
  readonly sends_count: number;
}

/** Receives events, as a CRM does. */
export async function consumeEvents(rehearsal: Rehearsal, session: Session): Promise<void> {
  const { plan, record } = rehearsal;
  while (!rehearsal.isOver) {
    const claimSentAt = monotonicNow();
    const events = await session.run<ClaimedEvent>(
      'claim_events',
      `select event_id, event_type, contact_id, external_contact_id, deliveries_count, q1_answer, q2_answer, q3_answer
from voicesurvey.claim_events($1, $2, $3)`,
      [CONSUMER, EVENTS_PER_CLAIM, LEASE],
    );
    for (const event of events) {
      const { event_id: id, deliveries_count: deliveries } = event;
      if (
        plan.failures &&
        deliveries === 1 &&
        draw(plan.seed, 'event', event.external_contact_id) < REFUSED
      ) {
        await session.run('event_failed', 'select voicesurvey.event_failed($1, $2, $3)', [
          CONSUMER,
          id,
          'The CRM answered 503.',
        ]);
        continue;
      }
      const known = record.events.get(id) ?? {
        contactId: event.contact_id,
        type: event.event_type,
        answers: [event.q1_answer, event.q2_answer, event.q3_answer],
        claimSentAt,
        isConfirmed: false,
      };
      known.claimSentAt = claimSentAt;
      record.events.set(id, known);
      await session.run('event_delivered', 'select voicesurvey.event_delivered($1, $2)', [CONSUMER, id]);
      known.isConfirmed = true;
    }
    if (events.length === 0) await sleep(PAUSE_MS, undefined, { signal: rehearsal.signal });
  }
}

/** Sends e-mails. The provider of e-mails knows the id of the notification, and sends none twice. */
export async function sendEmails(rehearsal: Rehearsal, session: Session): Promise<void> {
  const { plan, record } = rehearsal;
  while (!rehearsal.isOver) {
    const claimSentAt = monotonicNow();
    const emails = await session.run<ClaimedEmail>(
      'claim_emails',
      `select notification_id, event_id, event_type, contact_id, to_email, sends_count
from voicesurvey.claim_emails($1, $2)`,
      [EMAILS_PER_CLAIM, LEASE],
    );
    for (const email of emails) {
      const { notification_id: id, sends_count: sends } = email;
      if (plan.failures && sends === 1 && draw(plan.seed, 'email', email.to_email) < REFUSED) {
        await session.run('email_failed', 'select voicesurvey.email_failed($1, $2)', [
          id,
          'The mailbox is full.',
        ]);
        record.refusedEmails.add(id);
        continue;
      }
      const known = record.emails.get(id) ?? {
        contactId: email.contact_id,
        eventId: email.event_id,
        to: email.to_email,
        type: email.event_type,
        claimSentAt,
        isConfirmed: false,
      };
      known.claimSentAt = claimSentAt;
      record.emails.set(id, known);
      record.refusedEmails.delete(id);
      await session.run('email_sent', 'select voicesurvey.email_sent($1, $2)', [id, `message-${id}`]);
      known.isConfirmed = true;
    }
    if (emails.length === 0) await sleep(PAUSE_MS, undefined, { signal: rehearsal.signal });
  }
}
