import type { Queryable } from '../../schema/queryable.js';
import type { CallAttemptsRow, ContactOutcome, ContactsRow } from '../../schema/rows.js';
import { aCampaign } from './campaign.js';
import { rowOf } from './rows.js';

/** A call in the database, with its contact as it is after the call. */
export interface Call extends CallAttemptsRow {
  readonly contact: ContactsRow;
}

/** Describes a call. Each method returns another description; {@link CallBuilder.in} makes the rows. */
export interface CallBuilder {
  /** The contact, of a running campaign; by default the contact of a new campaign. */
  to(contact: Pick<ContactsRow, 'id'> | undefined): CallBuilder;
  /** How long ago the call started, as an interval of PostgreSQL: `.ago('2 hours')`; by default a minute. */
  ago(interval: string): CallBuilder;
  /** The call is open and was answered. */
  answered(): CallBuilder;
  /** The call ended with the three answers. */
  completed(answers?: readonly [string, string, string]): CallBuilder;
  refused(): CallBuilder;
  noAnswer(): CallBuilder;
  busy(): CallBuilder;
  failed(): CallBuilder;
  /** Makes the call in a database. All that follows from its end is written too, such as the event. */
  in(database: Queryable): Promise<Call>;
}

interface Plan {
  readonly contact: string | null;
  readonly ago: string;
  readonly isAnswered: boolean;
  /** Null while the call is open. */
  readonly outcome: ContactOutcome | null;
  readonly answers: readonly string[];
}

const ANSWERS = ['Friendly staff', '2', '9'] as const;

const START = `with claimed as (
  update public.contacts
  set state = 'in_progress', attempts_count = attempts_count + 1
  where id = $1
  returning id, campaign_id, attempts_count
)
insert into public.call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at)
select id, campaign_id, attempts_count, gen_random_uuid()::text, now() - $2::interval
from claimed
returning id`;

const ANSWER = `update public.call_attempts set answered_at = started_at + interval '5 seconds' where id = $1`;

const FINISH = `select verdict
from public.call_attempts as attempt
cross join lateral voicesurvey.finish_call(
  attempt.call_id,
  $2::public.contact_outcome,
  at => attempt.started_at + interval '40 seconds',
  answers => $3
)
where attempt.id = $1`;

/**
 * Describes a call that started a minute ago and rings. Its start may lie in the past, so that the next attempt is due.
 *
 * @example
 * ```ts
 * const { contact } = await aCall().completed().in(database.pool);
 * await aCall().to(contacts[0]).noAnswer().ago('2 hours').in(database.pool);
 * ```
 */
export function aCall(): CallBuilder {
  return builder({ contact: null, ago: '1 minute', isAnswered: false, outcome: null, answers: [] });
}

function builder(plan: Plan): CallBuilder {
  const ended = (outcome: ContactOutcome, answers: readonly string[] = []): CallBuilder =>
    builder({ ...plan, outcome, answers, isAnswered: outcome === 'completed' || outcome === 'refused' });
  return {
    to: (contact) => {
      if (contact === undefined) throw new TypeError('aCall().to() got no contact: the campaign has none.');
      return builder({ ...plan, contact: contact.id });
    },
    ago: (ago) => builder({ ...plan, ago }),
    answered: () => builder({ ...plan, isAnswered: true }),
    completed: (answers = ANSWERS) => ended('completed', answers),
    refused: () => ended('refused'),
    noAnswer: () => ended('no_answer'),
    busy: () => ended('busy'),
    failed: () => ended('failed'),
    in: (database) => make(database, plan),
  };
}

async function make(database: Queryable, plan: Plan): Promise<Call> {
  const contact = plan.contact ?? (await aCampaign().running().in(database)).contacts[0]?.id;
  const { id } = await rowOf<{ id: string }>(database, START, [contact, plan.ago]);
  if (plan.isAnswered) await database.query(ANSWER, [id]);
  if (plan.outcome !== null) await database.query(FINISH, [id, plan.outcome, plan.answers]);
  const call = await rowOf<CallAttemptsRow>(database, 'select * from public.call_attempts where id = $1', [
    id,
  ]);
  const sql = 'select * from public.contacts where id = $1';
  return { ...call, contact: await rowOf<ContactsRow>(database, sql, [call.contact_id]) };
}
