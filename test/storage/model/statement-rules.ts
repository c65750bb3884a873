import { isDeepStrictEqual } from 'node:util';
import { NO_END_REPORTED } from './calls.js';
import { areKeysUnique, areReferencesValid } from './keys.js';
import {
  attemptOf,
  type Call,
  type Campaign,
  type CampaignSettings,
  type Contact,
  callsOf,
  FINAL_STATES,
  hasAttempt,
  type Model,
  type Row,
  type SurveyResponse,
  type Table,
  TIME_ZONES,
  type Value,
} from './model.js';
import { addedRows, type Change, changedRows, type Statement } from './segment.js';
import { isNew, isUpdate, requestedRow, resultingRow, type Write } from './write.js';

type StatementRule = (statement: Statement) => boolean;

const NEXT_STATES: Readonly<Record<string, readonly string[]>> = {
  pending: ['in_progress', 'excluded'],
  in_progress: ['pending', 'completed', 'refused', 'not_reached', 'excluded'],
  not_reached: ['pending', 'in_progress', 'excluded'],
  excluded: ['pending', 'not_reached'],
};

const NEXT_STATUSES: Readonly<Record<string, readonly string[]>> = {
  draft: ['scheduled', 'running', 'cancelled'],
  scheduled: ['running', 'cancelled'],
  running: ['paused', 'completed', 'cancelled'],
  paused: ['running', 'completed', 'cancelled'],
};

const STATUSES_BEFORE_START: ReadonlySet<string> = new Set(['draft', 'scheduled']);
const UNANSWERED_OUTCOMES: ReadonlySet<string | null> = new Set(['no_answer', 'busy']);
const ANSWERED_OUTCOMES: ReadonlySet<string | null> = new Set(['completed', 'refused']);

/** Whether the columns have not changed. */
const areSame = <R>({ was, now }: Change<R>, ...columns: (keyof R)[]): boolean =>
  columns.every((column) => was[column] === now[column]);

/** Whether the columns have not changed from a value that is not null. */
const areSameOrWereNull = <R>({ was, now }: Change<R>, ...columns: (keyof R)[]): boolean =>
  columns.every((column) => was[column] === null || was[column] === now[column]);

const isUnreported = ({ error_code }: Call): boolean => error_code === NO_END_REPORTED;

/** Whether an end may be replaced: nobody reported it, and nothing followed from it. */
const isReplacementAllowed = (before: Model, { was, now }: Change<Call>): boolean =>
  was.ended_at !== null &&
  isUnreported(was) &&
  !isUnreported(now) &&
  !ANSWERED_OUTCOMES.has(was.outcome) &&
  now.ended_at !== null &&
  (was.answered_at === null || now.answered_at !== null) &&
  callsOf(before, was.contact_id).every(([, { attempt_number }]) => attempt_number <= was.attempt_number) &&
  Object.values(before.events).every(
    ({ contact_id, event_type }) => contact_id !== was.contact_id || event_type === `survey.${now.outcome}`,
  );

/** Whether a contact that waits goes to a result, because its latest call gets a result that was reported later. */
const isLateResult = (before: Model, name: string, requested: Contact): boolean => {
  const call = attemptOf(before, name, requested.attempts_count);
  return (
    ['completed', 'refused'].includes(requested.state) &&
    call !== undefined &&
    call.ended_at !== null &&
    (isUnreported(call) || call.outcome === requested.state)
  );
};

interface Start {
  readonly name: string;
  readonly call: Call;
  readonly contact: Contact | undefined;
  readonly campaign: Campaign | undefined;
}

const startedCalls = ({ before, after }: Statement): Start[] =>
  addedRows(before, after, 'call_attempts').map(([name, call]) => {
    const contact = after.contacts[call.contact_id];
    return { name, call, contact, campaign: after.campaigns[contact?.campaign_id ?? ''] };
  });

const isTemplateUsed = ({ campaigns, email_notifications }: Model, template: string): boolean =>
  Object.values(campaigns).some(
    ({ email_completed_template_id }) => email_completed_template_id === template,
  ) || Object.values(email_notifications).some(({ template_id }) => template_id === template);

const NEVER = Number.POSITIVE_INFINITY;

/** The checks of a single row. They refuse a row even if `on conflict` would skip it. */
const ROW_CHECKS: Readonly<Partial<Record<Table, (row: Row) => boolean>>> = {
  campaigns: (row) => {
    const { allowed_call_start_local, allowed_call_end_local } = row as Campaign;
    return allowed_call_start_local < allowed_call_end_local;
  },
  campaign_settings: (row) => {
    const { time_zone, calling_days } = row as CampaignSettings;
    return (time_zone === null || (TIME_ZONES[time_zone] ?? null) !== null) && areDays(calling_days);
  },
  contacts: (row) => {
    const { attempts_count, last_attempt_at, last_outcome } = row as Contact;
    return attempts_count > 0 || (attempts_count === 0 && last_attempt_at === null && last_outcome === null);
  },
  call_attempts: (row) => {
    const { started_at, answered_at, ended_at, outcome, attempt_number, metadata } = row as Call;
    return (
      metadata !== '[]' &&
      attempt_number >= 1 &&
      started_at <= (answered_at ?? NEVER) &&
      (answered_at ?? started_at) <= (ended_at ?? NEVER) &&
      (ended_at === null) === (outcome === null) &&
      (!ANSWERED_OUTCOMES.has(outcome) || answered_at !== null) &&
      (!UNANSWERED_OUTCOMES.has(outcome) || answered_at === null)
    );
  },
  survey_responses: (row) => (row as SurveyResponse).q2_answer.trim() !== '',
};

/**
 * The minutes after the model's first midnight, which was that of a Monday, on the clocks in the time zone of a campaign
 * or of the installation; null if a call may not start in that zone.
 */
function localInstant(
  { settings, campaign_settings }: Model,
  campaign: string,
  instant: number,
): number | null {
  const zone = campaign_settings[campaign]?.time_zone ?? settings.time_zone?.value ?? 'UTC';
  const offset = TIME_ZONES[zone] ?? null;
  return offset === null ? null : instant + offset;
}

const isCallingDay = ({ campaign_settings }: Model, campaign: string, local: number): boolean => {
  const days = campaign_settings[campaign]?.calling_days ?? '{1,2,3,4,5,6,7}';
  return days.includes(String((Math.floor(local / 1440) % 7) + 1));
};

/** Whether an instant is on a calling day of a campaign and in its calling window. */
export function isCallingTime(model: Model, name: string, instant: number): boolean {
  const campaign = model.campaigns[name];
  const local = localInstant(model, name, instant);
  return (
    campaign !== undefined &&
    local !== null &&
    local % 1440 >= campaign.allowed_call_start_local &&
    local % 1440 < campaign.allowed_call_end_local &&
    isCallingDay(model, name, local)
  );
}

const areDays = (days: string | null): boolean =>
  days === null || (/^\{[1-7](,[1-7])*\}$/.test(days) && !/([1-7]).*\1/.test(days));

/** The campaigns whose settings a write changes; an insert counts even if `on conflict` skips it. */
function campaignsOfSettings({ before }: Statement, write: Write): Value[] {
  if (write.kind === 'purge' || write.table !== 'campaign_settings') return [];
  const was = before.campaign_settings[write.name];
  const requested = requestedRow(before, write);
  if (!isUpdate(write)) return [(requested ?? was)?.campaign_id ?? null];
  return isDeepStrictEqual(was, requested) ? [] : [was?.campaign_id ?? null, requested?.campaign_id ?? null];
}

interface ContactUpdate {
  readonly name: string;
  readonly was: Contact;
  /** As the writer asks for it. */
  readonly requested: Contact;
}

const contactUpdates = ({ before, writes }: Statement): ContactUpdate[] =>
  writes.flatMap((write) => {
    if (!isUpdate(write) || write.table !== 'contacts') return [];
    const was = before.contacts[write.name];
    return was === undefined
      ? []
      : [{ name: write.name, was, requested: requestedRow(before, write) as Contact }];
  });

/** The rules that each statement must keep: checks of single rows, unique keys, transitions, and starts of calls. */
export const STATEMENT_RULES: Readonly<Record<string, StatementRule>> = {
  'primary key: a new row has a new id': ({ before, writes }) =>
    writes.every((write) => write.kind === 'insert or nothing' || isNew(before, write)),
  'rules 2, 5, 6, 9: a row is well-formed': ({ before, writes }) =>
    writes.every((write) => {
      if (write.kind === 'purge') return true;
      // The database checks an update after it has set what a writer cannot choose, and an upsert also before that.
      const row = write.kind === 'update' ? resultingRow(before, write) : requestedRow(before, write);
      return row === undefined || ROW_CHECKS[write.table]?.(row) !== false;
    }),
  'unique keys': ({ written }) => areKeysUnique(written),
  'foreign keys that a statement checks': ({ after }) => areReferencesValid(after, 'immediate'),
  'rules 1, 2: an excluded or final contact is not dialled': (statement) =>
    startedCalls(statement).every(
      ({ contact }) =>
        contact !== undefined &&
        !FINAL_STATES.has(contact.state) &&
        !contact.do_not_call &&
        !(contact.phone_number in statement.after.exclusion_list_entries),
    ),
  'rule 2: attempts are numbered 1, 2, 3, and attempts_count grows by one': (statement) =>
    startedCalls(statement).every(
      ({ call: { attempt_number, contact_id }, contact }) =>
        [0, 1].includes(attempt_number - (contact?.attempts_count ?? 0)) &&
        (attempt_number === 1 ||
          callsOf(statement.after, contact_id).some(
            ([, other]) => other.attempt_number === attempt_number - 1,
          )),
    ) &&
    changedRows(statement.before, statement.written, 'contacts').every(({ was, now }) =>
      [0, 1].includes(now.attempts_count - was.attempts_count),
    ),
  'rule 2: at most max_attempts': (statement) =>
    startedCalls(statement).every(
      ({ call, campaign }) => call.attempt_number <= (campaign?.max_attempts ?? 0),
    ),
  'rule 3: a call starts in a running campaign, on a calling day and inside its calling window in local time':
    (statement) =>
      startedCalls(statement).every(
        ({ call, campaign }) =>
          campaign?.status === 'running' && isCallingTime(statement.after, call.campaign_id, call.started_at),
      ),
  'rules 3, 9: the settings of a campaign change only before its first start and while it is paused': (
    statement,
  ) =>
    statement.writes.every((write) =>
      campaignsOfSettings(statement, write).every((name) => {
        const status = statement.before.campaigns[String(name)]?.status ?? 'paused';
        return status === 'paused' || STATUSES_BEFORE_START.has(status);
      }),
    ),
  'rules 2, 3: a call starts after the last one ended without a result, and after the retry interval': (
    statement,
  ) =>
    startedCalls(statement).every(({ name, call: { contact_id, attempt_number, started_at }, campaign }) =>
      callsOf(statement.after, contact_id)
        .filter(([other]) => other !== name && attempt_number > 1)
        .every(
          ([, last]) =>
            !ANSWERED_OUTCOMES.has(last.outcome) &&
            last.ended_at !== null &&
            started_at >= last.ended_at - 1 &&
            started_at >= last.started_at + (campaign?.retry_interval_minutes ?? 0),
        ),
    ),
  "rule 5: an attempt belongs to its contact's campaign": (statement) =>
    startedCalls(statement).every(({ call, contact }) => contact?.campaign_id === call.campaign_id),
  'rule 5: the facts of an attempt never change, except for an end that was not reported': ({
    before,
    after,
  }) =>
    changedRows(before, after, 'call_attempts').every(
      (change) =>
        areSame(change, 'contact_id', 'campaign_id', 'attempt_number', 'started_at') &&
        areSameOrWereNull(change, 'provider_call_id') &&
        (areSameOrWereNull(change, 'answered_at', 'ended_at', 'outcome')
          ? change.was.ended_at === null || !isUnreported(change.now) || isUnreported(change.was)
          : isReplacementAllowed(before, change)),
    ),
  'rule 6: answers are final': ({ before, after }) =>
    changedRows(before, after, 'survey_responses').length === 0,
  'rule 7: an event never changes, except that a deleted call is set null': ({ before, after }) =>
    changedRows(before, after, 'events').every(
      (change) =>
        areSame(change, 'contact_id', 'campaign_id', 'event_type') &&
        change.now.call_attempt_id === null &&
        !(String(change.was.call_attempt_id) in after.call_attempts),
    ),
  'rule 8: an e-mail keeps its event, and a sent one stays sent': ({ before, after }) =>
    changedRows(before, after, 'email_notifications').every(
      (change) =>
        areSame(change, 'event_id', 'contact_id', 'campaign_id') &&
        (change.was.status !== 'sent' || areSame(change, 'status', 'to_email', 'template_id')),
    ),
  'rule 9: a campaign starts as a draft': ({ before, after }) =>
    addedRows(before, after, 'campaigns').every(([, { status }]) => status === 'draft'),
  'rule 9: the statuses of a campaign come in order': ({ before, after }) =>
    changedRows(before, after, 'campaigns').every(
      (change) =>
        areSame(change, 'status') || NEXT_STATUSES[change.was.status]?.includes(change.now.status) === true,
    ),
  'rule 9: questions are fixed from the first start, and the calling window while the campaign is not paused':
    ({ before, after }) =>
      changedRows(before, after, 'campaigns').every(
        (change) =>
          STATUSES_BEFORE_START.has(change.was.status) ||
          (areSame(change, 'max_attempts', 'language', 'question_2_type') &&
            (change.was.status === 'paused' ||
              change.now.status === 'paused' ||
              areSame(
                change,
                'retry_interval_minutes',
                'allowed_call_start_local',
                'allowed_call_end_local',
              ))),
      ),
  'rule 9: a running campaign is not deleted': ({ before, after }) =>
    addedRows(after, before, 'campaigns').every(([, { status }]) => status !== 'running'),
  'rule 10: the states of a contact come in order': (statement) =>
    contactUpdates(statement).every(
      ({ name, was, requested }) =>
        was.state === requested.state ||
        NEXT_STATES[was.state]?.includes(requested.state) === true ||
        (['pending', 'not_reached'].includes(was.state) && isLateResult(statement.before, name, requested)),
    ),
  'rule 10: an excluded contact returns only if it is neither listed nor has do_not_call, and has its latest attempt':
    (statement) =>
      contactUpdates(statement)
        .filter(({ was, requested }) => was.state === 'excluded' && requested.state !== 'excluded')
        .every(
          ({ name, was, requested }) =>
            !requested.do_not_call &&
            !(requested.phone_number in statement.before.exclusion_list_entries) &&
            (was.attempts_count === 0 || hasAttempt(statement.before, name, was.attempts_count)),
        ),
  'rule 10: a contact starts pending or excluded, without calls, and stays in its campaign': ({
    before,
    written,
  }) =>
    addedRows(before, written, 'contacts').every(
      ([, { state, attempts_count }]) => ['pending', 'excluded'].includes(state) && attempts_count === 0,
    ) && changedRows(before, written, 'contacts').every((change) => areSame(change, 'campaign_id')),
  'rule 12: a transcript keeps its call': ({ before, after }) =>
    changedRows(before, after, 'transcript_snippets').length === 0,
  'rule 13: a used template keeps its type and language': ({ before, after }) =>
    changedRows(before, after, 'email_templates').every(({ name }) => !isTemplateUsed(before, name)),
};
