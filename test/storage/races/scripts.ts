import { randomUUID } from 'node:crypto';
import type { Random } from '../../support/random.js';
import type { Statement, TransactionScript } from './sessions.js';

/** A contact of a race. */
export interface RaceContact {
  readonly id: string;
  readonly phone: string;
  readonly campaign: string;
}

/** A contact with an open call. */
export type CalledContact = RaceContact & { readonly attempt: string };

/** A transaction of one statement. */
export const execute = (sql: string, ...values: unknown[]): TransactionScript => ({
  statements: [[sql, values]],
});

/** Claims a contact that has not been called, with its two writes in any order; the call is answered immediately. */
export function claim(
  contact: RaceContact,
  random: Random,
  attempt: string = randomUUID(),
): TransactionScript {
  return {
    statements: random.shuffle<Statement>([
      [
        "update contacts set state = 'in_progress', attempts_count = 1, last_attempt_at = now() where id = $1",
        [contact.id],
      ],
      [
        `insert into call_attempts (id, contact_id, campaign_id, attempt_number, call_id, answered_at)
           values ($1, $2, $3, 1, $4, now())`,
        [attempt, contact.id, contact.campaign, attempt],
      ],
    ]),
  };
}

/**
 * Finishes a call, with its writes in any order.
 *
 * @param at when the call ended; the same for each repetition of a webhook
 */
export function finish(
  contact: CalledContact,
  outcome: string,
  random: Random,
  at = new Date(),
): TransactionScript {
  const state = outcome === 'failed' ? 'pending' : outcome;
  const statements: Statement[] = [
    [
      'update call_attempts set ended_at = greatest(answered_at, $3::timestamptz), outcome = $2 where id = $1',
      [contact.attempt, outcome, at],
    ],
    ['update contacts set state = $2, last_outcome = $3 where id = $1', [contact.id, state, outcome]],
  ];
  if (outcome === 'completed') {
    statements.push([
      `insert into survey_responses (contact_id, campaign_id, call_attempt_id, q1_answer, q2_answer, q3_answer)
         values ($1, $2, $3, 'a', '1', '2') on conflict do nothing`,
      [contact.id, contact.campaign, contact.attempt],
    ]);
  }
  if (outcome !== 'failed') {
    statements.push([
      `insert into events (event_type, campaign_id, contact_id, call_attempt_id)
         values ($4, $2, $1, $3) on conflict do nothing`,
      [contact.id, contact.campaign, contact.attempt, `survey.${outcome}`],
    ]);
  }
  return { statements: random.shuffle(statements) };
}

export const importNumbers = (campaign: string, phones: readonly string[]): TransactionScript =>
  execute(
    'insert into contacts (campaign_id, phone_number) select $1, unnest($2::text[]) on conflict do nothing',
    campaign,
    phones,
  );

export const mergeNumbers = (campaign: string, phones: readonly string[]): TransactionScript =>
  execute(
    `merge into contacts using unnest($2::text[]) as imported (phone_number)
       on contacts.campaign_id = $1 and contacts.phone_number = imported.phone_number
       when not matched then insert (campaign_id, phone_number) values ($1, imported.phone_number)`,
    campaign,
    phones,
  );

export const copyNumbers = (campaign: string, phones: readonly string[]): TransactionScript => ({
  statements: [
    {
      copy: 'copy contacts (campaign_id, phone_number) from stdin',
      lines: phones.map((phone) => `${campaign}\t${phone}`),
    },
  ],
});

export const listNumbers = (...phones: string[]): TransactionScript =>
  execute(
    'insert into exclusion_list_entries (phone_number) select unnest($1::text[]) on conflict do nothing',
    phones,
  );

export const changeNumber = (contact: RaceContact, phone: string): TransactionScript =>
  execute('update contacts set phone_number = $2 where id = $1', contact.id, phone);

export const setDoNotCall = (contact: RaceContact): TransactionScript =>
  execute('update contacts set do_not_call = true where id = $1', contact.id);

export const eraseContact = (contact: RaceContact): TransactionScript =>
  execute('delete from contacts where id = $1', contact.id);

/** Excludes a contact without listing its number. */
export const excludeContact = (contact: RaceContact): TransactionScript =>
  execute("update contacts set state = 'excluded' where id = $1", contact.id);

export const returnContact = (contact: RaceContact): TransactionScript =>
  execute("update contacts set state = 'pending' where id = $1 and state = 'excluded'", contact.id);

export const eraseCall = (contact: CalledContact): TransactionScript =>
  execute('delete from call_attempts where id = $1', contact.attempt);
