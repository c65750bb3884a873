import { randomUUID } from 'node:crypto';
import type { Fixtures } from './fixtures.js';
import { editFunction } from './protections.js';
import type { Race } from './race.js';
import { type CalledContact, claim, eraseContact, execute, listNumbers } from './scripts.js';
import type { TransactionScript } from './sessions.js';

const finishCall = ({ attempt }: CalledContact, outcome: string): TransactionScript =>
  execute("select voicesurvey.finish_call($1, $2, answers => array['a', '1', '2'])", attempt, outcome);

const closeStaleCall = ({ attempt }: CalledContact): TransactionScript =>
  execute('select voicesurvey.close_stale_call($1)', attempt);

const reports = ({ attempt }: CalledContact): TransactionScript[] => [
  execute('select voicesurvey.record_hang_up($1)', attempt),
  execute('select voicesurvey.record_answered($1)', attempt),
  execute('select voicesurvey.record_provider_call($1, $2)', attempt, `CA-${attempt}`),
];

/** Creates a contact whose only attempt was closed an hour ago without a reported end, and is not published. */
async function createClosedContact({ random, createCampaign, execute: run, commit }: Fixtures) {
  const { id, first } = await createCampaign({ status: 'draft' });
  await run('update campaigns set max_attempts = 1 where id = $1', [id]);
  await run("update campaigns set status = 'running' where id = $1", [id]);
  const contact = { ...first, attempt: randomUUID() };
  await commit(claim(first, random, contact.attempt));
  await commit(closeStaleCall(contact));
  await run("update voicesurvey.unpublished_ends set closed_at = closed_at - interval '1 hour'");
  return contact;
}

/** Races of the reports of a call through the API: rules 5 to 7 and 10. */
export const REPORT_RACES: Readonly<Record<string, Race>> = {
  'the reports of a call through the API race with each other and with an exclusion or an erasure': {
    // Each report locks the call before it reads it, and the rules refuse what contradicts it.
    protections: {},
    prepare: async ({ random, createCalledContact }) => {
      const contact = await createCalledContact();
      return {
        transactions: [
          finishCall(contact, 'completed'),
          finishCall(contact, random.pick(['completed', 'refused', 'failed'])),
          closeStaleCall(contact),
          ...reports(contact),
          random.pick([listNumbers(contact.phone), eraseContact(contact)]),
        ],
      };
    },
  },
  'an end that is reported late races with its replacement by a service and with the events of its contact': {
    protections: {
      'the update of the contact by the event': editFunction(
        'check_event',
        "if new.event_type = ''survey.not_reached'' then",
        'if false then',
      ),
    },
    prepare: async (fixtures) => {
      const contact = await createClosedContact(fixtures);
      const publish = execute(
        `insert into events (event_type, campaign_id, contact_id, call_attempt_id)
           values ('survey.not_reached', $1, $2, $3) on conflict do nothing`,
        contact.campaign,
        contact.id,
        contact.attempt,
      );
      const replace: TransactionScript = {
        statements: [
          [
            `update call_attempts set outcome = 'refused', ended_at = greatest(now(), answered_at), error_code = null
               where id = $1`,
            [contact.attempt],
          ],
          ["update contacts set state = 'refused', last_outcome = 'refused' where id = $1", [contact.id]],
        ],
      };
      return {
        transactions: [
          publish,
          replace,
          ...(fixtures.random.next() < 0.5
            ? [finishCall(contact, 'completed'), closeStaleCall(contact), closeStaleCall(contact)]
            : []),
        ],
      };
    },
  },
};
