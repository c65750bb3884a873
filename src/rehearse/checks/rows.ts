import type pg from '../../postgres/driver/pg.js';

/** What the tables hold of one campaign, read for the checks by plain queries of the tables. */
export interface CampaignRows {
  readonly status: string;
  readonly contacts: ReadonlyMap<string, ContactRow>;
  readonly attempts: readonly AttemptRow[];
  readonly answers: ReadonlyMap<string, readonly string[]>;
  readonly events: readonly EventRow[];
  readonly emails: readonly EmailRow[];
  /** The statistics of the API, and the rows of its export. */
  readonly statistics: Readonly<Record<'contacts' | 'calls', number>>;
  readonly exported: number;
  /** The changes of its status in the audit log, in their order. */
  readonly changes: readonly { readonly from: string; readonly to: string }[];
}

export interface ContactRow {
  readonly id: string;
  readonly number: string;
  readonly email: string | null;
  readonly state: string;
  readonly attempts: number;
}

export interface AttemptRow {
  readonly callId: string;
  readonly contactId: string;
  readonly attempt: number;
  readonly providerId: string | null;
  readonly outcome: string | null;
  readonly errorCode: string | null;
  /** Whether the result waits for an end that may still be reported. */
  readonly isUnpublished: boolean;
}

export interface EventRow {
  readonly id: string;
  readonly contactId: string;
  readonly type: string;
}

export interface EmailRow {
  readonly id: string;
  readonly contactId: string;
  readonly to: string;
  readonly status: string;
  readonly type: string;
}

/** What the tables hold of the whole installation. */
export interface SharedRows {
  readonly excludedNumbers: ReadonlySet<string>;
  /** How many entries of the exclusion list, and erased contacts, the audit log counts. */
  readonly loggedExclusions: number;
  readonly loggedErasures: number;
}

/** Reads the rows of one campaign. */
export async function readCampaign(client: pg.Client, campaign: string): Promise<CampaignRows> {
  const read = async <Row extends object>(sql: string): Promise<Row[]> =>
    (await client.query<Row & Record<string, unknown>>(sql, [campaign])).rows;
  const [status] = await read<{ status: string }>('select status from public.campaigns where id = $1');
  const contacts = await read<ContactRow>(
    `select id, phone_number as number, email, state, attempts_count as attempts
from public.contacts
where campaign_id = $1`,
  );
  const attempts = await read<AttemptRow>(
    `select
  attempt.call_id as "callId", attempt.contact_id as "contactId", attempt.attempt_number as attempt,
  attempt.provider_call_id as "providerId", attempt.outcome, attempt.error_code as "errorCode",
  closed.call_attempt_id is not null as "isUnpublished"
from public.call_attempts as attempt
left join voicesurvey.unpublished_ends as closed on closed.call_attempt_id = attempt.id
where attempt.campaign_id = $1
order by attempt.contact_id, attempt.attempt_number`,
  );
  const answers = await read<{ contact: string; answers: string[] }>(
    `select contact_id as contact, array[q1_answer, q2_answer, q3_answer] as answers
from public.survey_responses
where campaign_id = $1`,
  );
  const events = await read<EventRow>(
    'select id, contact_id as "contactId", event_type as type from public.events where campaign_id = $1',
  );
  const emails = await read<EmailRow>(
    `select email.id, email.contact_id as "contactId", email.to_email as to, email.status, template.type
from public.email_notifications as email
join public.email_templates as template on template.id = email.template_id
where email.campaign_id = $1`,
  );
  const [statistics] = await read<CampaignRows['statistics']>(
    'select * from voicesurvey.campaign_statistics($1)',
  );
  const [exported] = await read<{ rows: number }>(
    'select count(*)::integer as rows from voicesurvey.campaign_export where campaign_id = $1',
  );
  const changes = await read<{ from: string; to: string }>(
    `select details ->> 'from' as from, details ->> 'to' as to
from voicesurvey.audit_log
where action = 'status_changed'
  and object_ids = array[$1::uuid]
order by recorded_at, id`,
  );
  return {
    status: status?.status ?? 'missing',
    contacts: new Map(contacts.map((contact) => [contact.id, contact])),
    attempts,
    answers: new Map(answers.map((row) => [row.contact, row.answers])),
    events,
    emails,
    statistics: statistics ?? { contacts: 0, calls: 0 },
    exported: exported?.rows ?? 0,
    changes,
  };
}

/** Reads the rows that belong to no campaign. */
export async function readShared(client: pg.Client): Promise<SharedRows> {
  const { rows: numbers } = await client.query<{ number: string }>(
    'select phone_number as number from public.exclusion_list_entries',
  );
  const { rows: logged } = await client.query<{ exclusions: number; erasures: number }>(
    `select
  coalesce(sum((details ->> 'entries')::integer) filter (where action = 'exclusions_added'), 0)::integer as exclusions,
  coalesce(sum((details ->> 'contacts')::integer) filter (where action = 'contacts_erased'), 0)::integer as erasures
from voicesurvey.audit_log`,
  );
  return {
    excludedNumbers: new Set(numbers.map(({ number }) => number)),
    loggedExclusions: logged[0]?.exclusions ?? 0,
    loggedErasures: logged[0]?.erasures ?? 0,
  };
}
