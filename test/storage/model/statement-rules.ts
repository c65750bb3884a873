import { keysDiffer, namedAreThere } from './keys.js';
import { added, type Change, changed, type Statement } from './transaction.js';
import { type Call, type Campaign, type Contact, callsOf, FINAL, type Row, type World } from './world.js';
import { isNew, rowToBe } from './write.js';

type Rule = (statement: Statement) => boolean;

const NEXT: Readonly<Record<string, readonly string[]>> = {
  pending: ['in_progress', 'excluded'],
  in_progress: ['pending', 'completed', 'refused', 'not_reached', 'excluded'],
  not_reached: ['pending', 'in_progress', 'excluded'],
};

const NEXT_STATUS: Readonly<Record<string, readonly string[]>> = {
  draft: ['scheduled', 'running', 'cancelled'],
  scheduled: ['running', 'cancelled'],
  running: ['paused', 'completed', 'cancelled'],
  paused: ['running', 'completed', 'cancelled'],
};

const EARLY: ReadonlySet<string> = new Set(['draft', 'scheduled']);
const UNANSWERED: ReadonlySet<string | null> = new Set(['no_answer', 'busy']);
const ANSWERED: ReadonlySet<string | null> = new Set(['completed', 'refused']);

/** Whether one thing is as it was. */
const stays = <R>({ was, now }: Change<R>, ...columns: (keyof R)[]): boolean =>
  columns.every((column) => was[column] === now[column]);

/** Whether one thing is as it was, where that was known. */
const staysOnceKnown = <R>({ was, now }: Change<R>, ...columns: (keyof R)[]): boolean =>
  columns.every((column) => was[column] === null || was[column] === now[column]);

const begun = ({ before, after }: Statement): [string, Call, Contact | undefined, Campaign | undefined][] =>
  added(before, after, 'call_attempts').map(([name, call]) => {
    const contact = after.contacts[call.contact_id];
    return [name, call, contact, after.campaigns[contact?.campaign_id ?? '']];
  });

const isUsed = ({ campaigns, email_notifications }: World, template: string): boolean =>
  Object.values(campaigns).some(
    ({ email_completed_template_id }) => email_completed_template_id === template,
  ) || Object.values(email_notifications).some(({ template_id }) => template_id === template);

const EVER = Number.POSITIVE_INFINITY;

/** What one row tells by itself, whether it comes to be there or not. */
const WELL_FORMED: Readonly<Record<string, (row: Row) => boolean>> = {
  campaigns: (row) => {
    const { allowed_call_start_local, allowed_call_end_local } = row as Campaign;
    return allowed_call_start_local < allowed_call_end_local;
  },
  contacts: (row) => {
    const { attempts_count, last_attempt_at, last_outcome } = row as Contact;
    return attempts_count > 0 || (attempts_count === 0 && last_attempt_at === null && last_outcome === null);
  },
  call_attempts: (row) => {
    const { started_at, answered_at, ended_at, outcome, attempt_number } = row as Call;
    return (
      attempt_number >= 1 &&
      started_at <= (answered_at ?? EVER) &&
      (answered_at ?? started_at) <= (ended_at ?? EVER) &&
      (ended_at === null) === (outcome === null) &&
      (!ANSWERED.has(outcome) || answered_at !== null) &&
      (!UNANSWERED.has(outcome) || answered_at === null)
    );
  },
};

/** What is judged when it is written: what one row tells, what is there once, and whether a call may start. */
export const STATEMENT_RULES: Readonly<Record<string, Rule>> = {
  'a row is new': ({ before, writes }) =>
    writes.every((write) => write.kind === 'insert if new' || isNew(before, write)),
  '2, 5, 9: a row is well-formed': ({ before, writes }) =>
    writes.every((write) => {
      const row = rowToBe(before, write);
      return row === undefined || WELL_FORMED[write.table]?.(row) !== false;
    }),
  'what is there once is there once': ({ written }) => keysDiffer(written),
  'what is named is there': ({ after }) => namedAreThere(after, true),
  '1, 2: who is excluded or has ended is not dialled': (statement) =>
    begun(statement).every(
      ([, , contact]) =>
        contact !== undefined &&
        !FINAL.has(contact.state) &&
        !contact.do_not_call &&
        !(contact.phone_number in statement.after.exclusion_list_entries),
    ),
  '2: attempts are numbered 1, 2, 3, and counted one by one': (statement) =>
    begun(statement).every(
      ([, { attempt_number, contact_id }, contact]) =>
        [0, 1].includes(attempt_number - (contact?.attempts_count ?? 0)) &&
        (attempt_number === 1 ||
          callsOf(statement.after, contact_id).some(
            ([, other]) => other.attempt_number === attempt_number - 1,
          )),
    ) &&
    changed(statement.before, statement.written, 'contacts').every(({ was, now }) =>
      [0, 1].includes(now.attempts_count - was.attempts_count),
    ),
  '2: at most max_attempts': (statement) =>
    begun(statement).every(
      ([, { attempt_number }, , campaign]) => attempt_number <= (campaign?.max_attempts ?? 0),
    ),
  '3: calls start in a running campaign, in its hours': (statement) =>
    begun(statement).every(
      ([, { started_at }, , campaign]) =>
        campaign?.status === 'running' &&
        started_at % 1440 >= campaign.allowed_call_start_local &&
        started_at % 1440 < campaign.allowed_call_end_local,
    ),
  '2, 3: no sooner than the interval after the last, and when that has ended without a result': (statement) =>
    begun(statement).every(([name, { contact_id, attempt_number, started_at }, , campaign]) =>
      callsOf(statement.after, contact_id)
        .filter(([other]) => other !== name && attempt_number > 1)
        .every(
          ([, last]) =>
            !ANSWERED.has(last.outcome) &&
            last.ended_at !== null &&
            started_at >= last.ended_at - 1 &&
            started_at >= last.started_at + (campaign?.retry_interval_minutes ?? 0),
        ),
    ),
  "5: a call is of its contact's campaign": (statement) =>
    begun(statement).every(([, { campaign_id }, contact]) => contact?.campaign_id === campaign_id),
  '5: facts of a call stay': ({ before, after }) =>
    changed(before, after, 'call_attempts').every(
      (change) =>
        stays(change, 'contact_id', 'campaign_id', 'attempt_number', 'started_at') &&
        staysOnceKnown(change, 'answered_at', 'ended_at', 'outcome', 'provider_call_id'),
    ),
  '6: answers are final': ({ before, after }) => changed(before, after, 'survey_responses').length === 0,
  '7: an event never changes, but forgets a call that goes': ({ before, after }) =>
    changed(before, after, 'events').every(
      (change) =>
        stays(change, 'contact_id', 'campaign_id', 'event_type') &&
        change.now.call_attempt_id === null &&
        !(String(change.was.call_attempt_id) in after.call_attempts),
    ),
  '8: an e-mail keeps its event, and what is sent stays sent': ({ before, after }) =>
    changed(before, after, 'email_notifications').every(
      (change) =>
        stays(change, 'event_id', 'contact_id', 'campaign_id') &&
        (change.was.status !== 'sent' || stays(change, 'status', 'to_email', 'template_id')),
    ),
  '9: a campaign begins as a draft': ({ before, after }) =>
    added(before, after, 'campaigns').every(([, { status }]) => status === 'draft'),
  "9: a campaign's life": ({ before, after }) =>
    changed(before, after, 'campaigns').every(
      (change) =>
        stays(change, 'status') || NEXT_STATUS[change.was.status]?.includes(change.now.status) === true,
    ),
  '9: what is asked is fixed from the start, hours while it runs': ({ before, after }) =>
    changed(before, after, 'campaigns').every(
      (change) =>
        EARLY.has(change.was.status) ||
        (stays(change, 'max_attempts', 'language', 'question_2_type') &&
          (change.was.status === 'paused' ||
            change.now.status === 'paused' ||
            stays(change, 'retry_interval_minutes', 'allowed_call_start_local', 'allowed_call_end_local'))),
    ),
  '9: a running campaign is not deleted': ({ before, after }) =>
    added(after, before, 'campaigns').every(([, { status }]) => status !== 'running'),
  "10: a contact's life": ({ before, written }) =>
    changed(before, written, 'contacts').every(
      (change) => stays(change, 'state') || NEXT[change.was.state]?.includes(change.now.state) === true,
    ),
  '10: a contact begins pending or excluded, not called, and stays in its campaign': ({ before, written }) =>
    added(before, written, 'contacts').every(
      ([, { state, attempts_count }]) => ['pending', 'excluded'].includes(state) && attempts_count === 0,
    ) && changed(before, written, 'contacts').every((change) => stays(change, 'campaign_id')),
  '12: a transcript keeps its call': ({ before, after }) =>
    changed(before, after, 'transcript_snippets').length === 0,
  '13: a template in use keeps its kind': ({ before, after }) =>
    changed(before, after, 'email_templates').every(({ name }) => !isUsed(before, name)),
};
