import { type CallRecord, providerIdOf, type RehearsalRecord } from '../../src/rehearse/plan/record.js';
import type { FinishedRehearsal } from '../../src/rehearse/rehearse.js';

/** For each rule, SQL that breaks it in the rows, while no trigger fires. */
export const BROKEN_ROWS: Readonly<Record<number, string>> = {
  1: `insert into exclusion_list_entries (phone_number) select phone_number from contacts where state = 'not_reached' limit 1`,
  2: 'update call_attempts set attempt_number = 3',
  3: "update campaigns set status = 'draft'",
  4: `update call_attempts set ended_at = null, outcome = null;
      update provider_configs set max_concurrent_calls = 1, updated_at = now() - interval '1 day'`,
  5: 'update call_attempts set campaign_id = (select max(id::text)::uuid from campaigns)',
  6: 'delete from survey_responses',
  7: "update events set event_type = 'survey.refused'",
  8: "update email_notifications set to_email = 'nobody@example.com'",
  9: `update campaigns set email_completed_template_id = (select id from email_templates where type = 'refused' limit 1)`,
  10: "update contacts set state = 'in_progress' where state = 'completed'",
  11: `alter table contacts drop constraint phone_number_of_a_contact_is_e164;
       update contacts set phone_number = substr(phone_number, 2)`,
  12: `insert into transcript_snippets (call_attempt_id, transcript_text)
       select id, 'Good morning' from call_attempts where answered_at is null limit 1`,
  13: "update contacts set created_at = now() + interval '1 hour'",
};

/** For each rule, a change of the record after which it contradicts the rows, or the rule. */
export const BROKEN_RECORD: Readonly<Record<number, (finished: FinishedRehearsal) => FinishedRehearsal>> = {
  1: changed(({ exclusions }, call) => exclusions.set(call.number, { sentAt: 0, confirmedAt: 0 })),
  2: changed((_, call) => {
    call.claims = 2;
  }),
  3: changed(({ campaigns }) => campaigns[0]?.pauses.push({ confirmedAt: 0, resumeSentAt: null })),
  4: (finished) => ({ ...finished, plan: { ...finished.plan, limit: 0 } }),
  5: changed(({ calls }, call) => calls.set(call.callId, { ...call, attempt: 7 })),
  6: changed((_, call) => {
    call.confirmedState = 'completed';
  }),
  7: changed(({ events }) => events.clear()),
  8: changed(({ emails }) => {
    for (const [id, email] of emails) emails.set(id, { ...email, to: 'nobody@example.com' });
  }),
  9: changed(({ campaigns }) => campaigns[0]?.statuses.push('running')),
  10: changed((_, call) => {
    call.confirmedState = 'refused';
  }),
  11: changed(({ campaigns }) => campaigns[0]?.wrongVerdicts.push('accepted instead of bad_number')),
  12: changed(({ erasures }, call) =>
    erasures.set(call.number, {
      sentAt: 0,
      confirmedAt: 0,
      recordings: [providerIdOf('lost')],
    }),
  ),
  13: changed(({ exclusions }) => exclusions.set('+9990', { sentAt: 0, confirmedAt: 0 })),
};

/** Changes a copy of the record. The call that is passed belongs to a contact that was not reached. */
function changed(
  change: (record: RehearsalRecord, call: CallRecord) => unknown,
): (finished: FinishedRehearsal) => FinishedRehearsal {
  return (finished) => {
    const record = structuredClone(finished.record);
    const call = [...record.calls.values()].find(({ confirmedState }) => confirmedState === 'not_reached');
    if (call === undefined) throw new Error('Every contact was reached.');
    change(record, call);
    return { ...finished, record };
  };
}
