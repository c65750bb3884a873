/**
 * What may be null in the results of the functions of the API, and in their arguments, which the catalog does not say. A result
 * without an entry may be null in every column. The model test fails if a function returns another null.
 */
export const NULLABLE = {
  results: {
    claim_calls: [],
    claim_emails: ['body_text'],
    claim_events: [
      'external_contact_id',
      'call_attempt_id',
      'call_id',
      'started_at',
      'answered_at',
      'ended_at',
      'outcome',
      'q1_answer',
      'q2_answer',
      'q3_answer',
    ],
    close_stale_call: ['error_code', 'event_id'],
    complete_finished_campaigns: [],
    contacts_page: ['external_contact_id', 'email', 'last_attempt_at', 'last_outcome'],
    exclude_number: [],
    expired_recordings: [],
    finish_call: ['error_code', 'event_id'],
    import_contacts: ['contact_id', 'state', 'reason', 'suggestion'],
    import_exclusions: ['entry_id', 'reason', 'suggestion'],
    lift_exclusion: [],
    purge_expired: [],
    record_answered: ['answered_at', 'ended_at', 'outcome'],
    record_hang_up: ['answered_at', 'ended_at', 'outcome'],
    record_provider_call: [],
    set_calling_time: ['time_zone', 'calling_days'],
    stale_calls: ['provider_call_id', 'answered_at', 'hung_up_at', 'closed_at'],
    start_campaign: [],
  },
  values: ['email_failed', 'email_sent', 'event_failed', 'next_opening', 'number_in'],
  arguments: { set_calling_time: ['time_zone', 'calling_days'] },
} as const;
