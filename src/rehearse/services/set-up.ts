import { connect } from '../../postgres/connect.js';
import type { Target } from '../../postgres/connection/target.js';
import { monotonicNow } from '../../text/clock.js';
import { contactOf, isListedBefore, type Plan } from '../plan/plan.js';
import type { CampaignRecord, RehearsalRecord } from '../plan/record.js';
import { CONSUMER } from './deliveries.js';
import type { Rehearsal } from './rehearsal.js';
import type { Session } from './session.js';

/** The lines of one import. */
const LINES_PER_IMPORT = 5000;

const TEMPLATES = `insert into email_templates (name, type, locale, subject, body_html)
select 'Rehearsal', type, locale, 'Thank you', '<p>Thank you</p>'
from unnest(enum_range(null::email_template_type)) as type
cross join unnest(enum_range(null::campaign_language)) as locale`;

/** A day without a closing hour, and the shortest interval, so that the rehearsal never has to wait for long. */
const CAMPAIGN = `insert into campaigns (
  name, language, intro_script,
  question_1_text, question_1_type, question_2_text, question_2_type, question_3_text, question_3_type,
  max_attempts, retry_interval_minutes, allowed_call_start_local, allowed_call_end_local,
  email_completed_template_id, email_refused_template_id, email_not_reached_template_id, created_by_user_id
)
select
  $1, $2::campaign_language, 'We ask three questions. Do you agree?',
  'What should we do better?', 'free_text', 'How many visits were there?', 'numeric', 'How do you rate us?', 'scale',
  $3, 1, '00:00', '23:59:59.999999',
  (select min(id::text)::uuid from email_templates where type = 'completed' and locale = $2::campaign_language),
  (select min(id::text)::uuid from email_templates where type = 'refused' and locale = $2::campaign_language),
  (select min(id::text)::uuid from email_templates where type = 'not_reached' and locale = $2::campaign_language),
  (select id from users where oidc_sub = 'rehearsal')
returning id`;

/**
 * Inserts what managers insert by hand: a user, the configuration, the templates and the campaigns as drafts.
 *
 * @returns the ids of the campaigns
 */
export async function insertCampaigns(
  target: Target,
  plan: Plan,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { client, close } = await connect(target, { signal });
  try {
    await client.query(
      "insert into users (oidc_sub, email, name, role) values ('rehearsal', 'rehearsal@example.com', 'Rehearsal', 'campaign_manager')",
    );
    await client.query(
      "insert into provider_configs (outbound_number, max_concurrent_calls) values ('+99900000000000', $1)",
      [plan.limit],
    );
    await client.query(TEMPLATES);
    await client.query('select voicesurvey.add_consumer($1)', [CONSUMER]);
    const ids: string[] = [];
    for (const { name, language, maxAttempts } of plan.campaigns) {
      const { rows } = await client.query<{ id: string }>(CAMPAIGN, [name, language, maxAttempts]);
      ids.push(rows[0]?.id ?? '');
    }
    return ids;
  } finally {
    await close();
  }
}

/** Imports the lists of all campaigns, and then the numbers that are excluded from the beginning. */
export async function importLists(rehearsal: Rehearsal, session: Session): Promise<void> {
  const { plan, record } = rehearsal;
  for (const [position, campaign] of record.campaigns.entries()) {
    const count = plan.campaigns[position]?.contacts ?? 0;
    for (let from = 0; from < count; from += LINES_PER_IMPORT) {
      await importLines(plan, session, campaign, position, [from, Math.min(count, from + LINES_PER_IMPORT)]);
    }
  }
  for (const position of record.campaigns.keys()) await excludeListed(plan, record, session, position);
}

async function importLines(
  plan: Plan,
  session: Session,
  campaign: CampaignRecord,
  position: number,
  [from, to]: readonly [number, number],
): Promise<void> {
  const contacts = Array.from({ length: to - from }, (_, index) => ({
    index: from + index,
    ...contactOf(plan, position, from + index),
  }));
  const lines: (readonly [line: unknown, verdict: string])[] = [
    ...contacts.map(
      ({ index, number, email, language, doNotCall }) =>
        [
          {
            phone_number: number,
            external_contact_id: `${position}-${index}`,
            email,
            preferred_language: language,
            do_not_call: doNotCall,
          },
          doNotCall ? 'excluded' : 'accepted',
        ] as const,
    ),
    [{ phone_number: contacts[0]?.number }, 'duplicate_in_batch'],
    [{ phone_number: '020 12' }, 'bad_number'],
    [{ phone_number: '+99999999999999', email: 'nobody' }, 'bad_email'],
    [17, 'bad_line'],
  ];
  const rows = await session.run<{ line_number: number; verdict: string }>(
    'import_contacts',
    'select line_number, verdict from voicesurvey.import_contacts($1, $2)',
    [campaign.id, JSON.stringify(lines.map(([line]) => line))],
  );
  for (const { line_number: number, verdict } of rows) {
    const expected = lines[number - 1]?.[1];
    campaign.verdicts.set(verdict, (campaign.verdicts.get(verdict) ?? 0) + 1);
    if (verdict !== expected) campaign.wrongVerdicts.push(`${verdict} instead of ${expected}`);
    if (verdict === 'accepted' || verdict === 'excluded') campaign.imported += 1;
  }
}

async function excludeListed(
  plan: Plan,
  { exclusions }: RehearsalRecord,
  session: Session,
  position: number,
): Promise<void> {
  const numbers = Array.from(
    { length: plan.campaigns[position]?.contacts ?? 0 },
    (_, index) => contactOf(plan, position, index).number,
  ).filter((number) => isListedBefore(plan, number));
  const sentAt = monotonicNow();
  await session.run('import_exclusions', 'select verdict from voicesurvey.import_exclusions($1)', [
    JSON.stringify(numbers.map((number) => ({ phone_number: number, source: 'import' }))),
  ]);
  for (const number of numbers) exclusions.set(number, { sentAt, confirmedAt: monotonicNow() });
}
