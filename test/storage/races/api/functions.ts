import type { Query } from '../sessions.js';
import { CONSUMER, type Scene, type Situation } from './scenes.js';

/** What a function reads for a decision, locks or writes. Functions that share one of these race with each other. */
type Row = 'campaign' | 'contact' | 'call' | 'number' | 'event' | 'e-mail' | 'recording' | 'consumer';

/** A function of the API, or a direct write, that takes part in races. */
export interface Racer {
  readonly touches: readonly Row[];
  /** The situations in which it does something. */
  readonly situations: readonly Situation[];
  call(scene: Scene): Query;
  /** The names of the errors with which a call may end, because the other function was first. */
  readonly errors?: readonly string[];
}

const CALLED: readonly Situation[] = ['in a call', 'hung up', 'excluded in a call'];
const ERASED = ['call_is_known'];
const CAMPAIGN = ['campaign_is_known', 'campaign_has_not_ended', 'campaign_changes_status_in_order'];
const PUBLISHED: readonly Situation[] = ['published', 'handed out', 'handed out four times'];

const eventOf = ({ contact }: Scene): string => `(select id from events where contact_id = '${contact}')`;
const emailOf = ({ contact }: Scene): string =>
  `(select id from email_notifications where contact_id = '${contact}')`;
/** Calls a function of the schema `voicesurvey`. */
const call = (text: string, ...values: unknown[]): Query => [`select * from voicesurvey.${text}`, values];
const lines = (...phones: string[]): string =>
  JSON.stringify(phones.map((phone_number) => ({ phone_number })));

const moves = (name: string, situations: readonly Situation[]): Racer => ({
  touches: ['campaign'],
  situations,
  call: ({ campaign }) => call(`${name}($1)`, campaign),
  errors: CAMPAIGN,
});

/** Every function of the API that writes, by its name. */
export const FUNCTIONS: Readonly<Record<string, Racer>> = {
  claim_calls: {
    touches: ['campaign', 'contact', 'call', 'number'],
    situations: ['waiting', 'failed', 'excluded', 'paused'],
    call: ({ campaign, random }) => call('claim_calls(3, $1)', random.pick([campaign, null])),
    errors: ['campaign_is_known'],
  },
  record_provider_call: {
    touches: ['call'],
    situations: CALLED,
    call: ({ attempt, providerCall }) => call('record_provider_call($1, $2)', attempt, providerCall),
    errors: ERASED,
  },
  record_answered: {
    touches: ['call'],
    situations: CALLED,
    call: ({ attempt }) => call('record_answered($1)', attempt),
    errors: ERASED,
  },
  record_hang_up: {
    touches: ['call'],
    situations: CALLED,
    call: ({ providerCall }) => call('record_hang_up($1)', providerCall),
    errors: ERASED,
  },
  finish_call: {
    touches: ['call', 'contact', 'campaign', 'event'],
    situations: [...CALLED, 'closed without an end'],
    call: ({ attempt, random }) =>
      call(
        "finish_call($1, $2, answers => array['a', '1', '2'])",
        attempt,
        random.pick(['completed', 'refused', 'failed']),
      ),
    errors: ERASED,
  },
  close_stale_call: {
    touches: ['call', 'contact', 'campaign', 'event'],
    situations: [...CALLED, 'closed without an end'],
    call: ({ attempt }) => call('close_stale_call($1)', attempt),
    errors: ERASED,
  },
  import_contacts: {
    touches: ['campaign', 'contact', 'number'],
    situations: ['waiting', 'in a call', 'excluded', 'draft', 'expired'],
    call: ({ otherCampaign, campaign, phone, random }) => {
      const phones = random.shuffle([phone, `${phone}1`, `${phone}2`]);
      return call('import_contacts($1, $2)', random.pick([campaign, otherCampaign]), lines(...phones));
    },
    errors: CAMPAIGN,
  },
  import_exclusions: {
    touches: ['contact', 'number'],
    situations: ['waiting', 'in a call', 'failed', 'excluded'],
    call: ({ phone, random }) =>
      call('import_exclusions($1)', lines(...random.shuffle([phone, `${phone}1`, `${phone}2`]))),
  },
  exclude_number: {
    touches: ['contact', 'number'],
    situations: ['waiting', 'in a call', 'failed', 'closed without an end', 'excluded'],
    call: ({ phone }) => call('exclude_number($1)', phone),
  },
  lift_exclusion: {
    touches: ['contact', 'number', 'campaign', 'event'],
    situations: ['excluded', 'excluded in a call', 'excluded after a call'],
    call: ({ phone }) => call("lift_exclusion($1, 'person_agreed')", phone),
  },
  schedule_campaign: moves('schedule_campaign', ['draft']),
  start_campaign: {
    ...moves('start_campaign', ['draft']),
    touches: ['campaign', 'contact'],
    // The deferred check of the start: the last contact was excluded or erased meanwhile.
    errors: [...CAMPAIGN, 'a_campaign_starts_with_a_contact_to_call'],
  },
  pause_campaign: moves('pause_campaign', ['waiting', 'paused']),
  resume_campaign: moves('resume_campaign', ['paused']),
  cancel_campaign: moves('cancel_campaign', ['waiting', 'in a call', 'draft', 'paused']),
  complete_finished_campaigns: {
    touches: ['campaign', 'contact', 'call'],
    situations: ['published', 'expired', 'in a call', 'excluded'],
    call: () => call('complete_finished_campaigns()'),
  },
  set_calling_time: {
    touches: ['campaign'],
    situations: ['paused', 'draft', 'waiting'],
    call: ({ campaign }) => call("set_calling_time($1, 'Europe/Rome', array[1, 2, 3, 4, 5, 6, 7])", campaign),
    errors: ['campaign_is_known', 'hours_and_interval_are_fixed_while_a_campaign_runs'],
  },
  add_consumer: {
    touches: ['event', 'consumer'],
    situations: ['in a call', ...PUBLISHED],
    call: ({ random }) => call(`add_consumer($1, '-infinity')`, random.pick([CONSUMER, 'warehouse'])),
    errors: ['earlier_events_are_queued_in_read_committed'],
  },
  remove_consumer: {
    touches: ['event', 'consumer'],
    situations: ['in a call', ...PUBLISHED],
    call: () => call("remove_consumer('warehouse')"),
  },
  claim_events: {
    touches: ['event', 'consumer'],
    situations: PUBLISHED,
    call: () => call(`claim_events('${CONSUMER}', 100, '1 second')`),
  },
  event_delivered: {
    touches: ['event'],
    situations: PUBLISHED,
    call: (scene) => call(`event_delivered('${CONSUMER}', ${eventOf(scene)})`),
  },
  event_failed: {
    touches: ['event'],
    situations: PUBLISHED,
    call: (scene) => call(`event_failed('${CONSUMER}', ${eventOf(scene)})`),
  },
  retry_dead_events: {
    touches: ['event'],
    situations: PUBLISHED,
    call: () => call(`retry_dead_events('${CONSUMER}')`),
  },
  claim_emails: {
    touches: ['event', 'e-mail', 'contact', 'campaign'],
    situations: PUBLISHED,
    call: () => call("claim_emails(100, '1 second')"),
  },
  email_sent: {
    touches: ['event', 'e-mail'],
    situations: PUBLISHED,
    call: (scene) => call(`email_sent(${emailOf(scene)}, 'message')`),
  },
  email_failed: {
    touches: ['event', 'e-mail'],
    situations: PUBLISHED,
    call: (scene) => call(`email_failed(${emailOf(scene)}, 'full')`),
  },
  erase_person: {
    touches: ['contact', 'call', 'number', 'event', 'e-mail', 'recording', 'campaign'],
    situations: ['waiting', 'in a call', 'excluded', 'handed out', 'expired', 'closed without an end'],
    call: ({ phone }) => call('erase_person($1)', phone),
  },
  erase_contact: {
    touches: ['contact', 'call', 'number', 'event', 'e-mail', 'recording', 'campaign'],
    situations: ['waiting', 'in a call', 'excluded', 'handed out', 'expired', 'closed without an end'],
    call: ({ contact }) => call('erase_contact($1)', contact),
  },
  purge_expired: {
    touches: ['call'],
    situations: ['expired', 'in a call'],
    call: () => call('purge_expired()'),
  },
  expired_recordings: {
    touches: ['recording', 'call'],
    situations: ['expired'],
    call: () => call("expired_recordings(100, '1 second')"),
  },
  recording_deleted: {
    touches: ['recording'],
    situations: ['expired'],
    call: ({ providerCall }) => call('recording_deleted($1)', providerCall),
  },
};

/** Direct writes that race with the functions. They do not lock in the order of the functions, so one may be retried. */
export const DIRECT_WRITES: Readonly<Record<string, Racer>> = {
  'the deletion of the campaign': {
    touches: ['campaign', 'contact', 'call', 'event', 'e-mail', 'recording'],
    situations: ['draft', 'paused'],
    call: ({ campaign }) => ['delete from campaigns where id = $1', [campaign]],
    errors: ['a_running_campaign_is_not_deleted'],
  },
  'the deletion of the contact': {
    touches: ['contact', 'call', 'number', 'event', 'e-mail', 'recording'],
    situations: ['waiting', 'in a call', 'excluded', 'handed out'],
    call: ({ contact }) => ['delete from contacts where id = $1', [contact]],
  },
  'the deletion of the entry': {
    touches: ['number'],
    situations: ['excluded', 'excluded after a call'],
    call: ({ phone }) => ['delete from exclusion_list_entries where phone_number = $1', [phone]],
  },
};

/** The functions that only read. A single statement reads one snapshot, so they need no race. */
export const READERS: ReadonlySet<string> = new Set([
  'call_detail',
  'calls_over_time',
  'campaign_statistics',
  'contacts_page',
  'free_call_slots',
  'may_call_now',
  'next_opening',
  'number_in',
  'stale_calls',
]);
