import { areReferencesValid } from './keys.js';
import {
  type Call,
  type Campaign,
  type Contact,
  callsOf,
  FINAL_STATUSES,
  hasAttempt,
  isOpen,
  latestCallOf,
  type Model,
} from './model.js';
import { changedRows, deletedRows, insertedRows, type Segment, writtenRows } from './segment.js';

type CommitRule = (segment: Segment) => boolean;

const OUTCOMES_WITHOUT_RESULT: ReadonlySet<string | null> = new Set(['no_answer', 'busy', 'failed']);

const campaignOf = (model: Model, contact: Contact): Campaign | undefined =>
  model.campaigns[contact.campaign_id];

const maxAttemptsOf = (model: Model, contact: Contact): number =>
  campaignOf(model, contact)?.max_attempts ?? 0;

/** Each new attempts_count of a contact that still exists. */
const newCounts = ({ statements, after }: Segment): [contact: string, count: number][] =>
  statements
    .flatMap((statement) => changedRows(statement.before, statement.after, 'contacts'))
    .filter(({ name, was, now }) => name in after.contacts && was.attempts_count !== now.attempts_count)
    .map(({ name, now }) => [name, now.attempts_count]);

/** Each contact that a statement has returned from excluded, and that is not excluded again. */
const returnedContacts = ({ statements, after }: Segment): [string, Contact][] =>
  statements
    .flatMap((statement) => changedRows(statement.before, statement.after, 'contacts'))
    .filter(({ was, now }) => was.state === 'excluded' && now.state !== 'excluded')
    .flatMap(({ name }) => {
      const contact = after.contacts[name];
      return contact === undefined || contact.state === 'excluded'
        ? []
        : [[name, contact] as [string, Contact]];
    });

/** Each call that was started, even if it was deleted again, of a contact that still exists. */
const startedCalls = (segment: Segment): [Call, Contact][] =>
  [...insertedRows(segment, 'call_attempts'), ...transientCalls(segment)].flatMap(([, call]) => {
    const contact = segment.after.contacts[call.contact_id];
    return contact === undefined ? [] : [[call, contact] as [Call, Contact]];
  });

const transientCalls = (segment: Segment): [string, Call][] =>
  deletedRows(segment, 'call_attempts').filter(([name]) => !(name in segment.before.call_attempts));

/** Whether the state of a contact agrees with its calls and answers. */
function isStateConsistent(model: Model, name: string, contact: Contact): boolean {
  const call = latestCallOf(model, name)?.[1];
  const isWithoutResult = call === undefined || OUTCOMES_WITHOUT_RESULT.has(call.outcome);
  switch (contact.state) {
    case 'completed':
      return (
        call?.outcome === 'completed' &&
        Object.values(model.survey_responses).some(({ contact_id }) => contact_id === name)
      );
    case 'refused':
      return call?.outcome === 'refused';
    case 'pending':
      return isWithoutResult && contact.attempts_count < maxAttemptsOf(model, contact);
    case 'not_reached':
      return isWithoutResult && contact.attempts_count > 0;
    case 'in_progress':
      return call !== undefined && isOpen(call) && call.attempt_number === contact.attempts_count;
    default:
      return true;
  }
}

/** Whether a deleted call is still needed: without it, the contact could be dialled too often or too soon. */
function isDeletionForbidden(model: Model, call: Call): boolean {
  const contact = model.contacts[call.contact_id];
  if (contact === undefined) return false;
  const laterAttempts = contact.attempts_count - call.attempt_number;
  const isExhausted =
    contact.state === 'not_reached' && contact.attempts_count >= maxAttemptsOf(model, contact);
  const hasCampaignEnded = FINAL_STATUSES.has(campaignOf(model, contact)?.status ?? '');
  const isNeverDialledAgain = !isOpen(call) && (isExhausted || hasCampaignEnded);
  return (
    hasAttempt(model, call.contact_id, call.attempt_number) ||
    (contact.state === 'in_progress' && [0, 1].includes(laterAttempts)) ||
    (['pending', 'not_reached'].includes(contact.state) && laterAttempts === 0 && !isNeverDialledAgain)
  );
}

/** The rules that the rows must keep at the end of a segment. */
export const COMMIT_RULES: Readonly<Record<string, CommitRule>> = {
  'foreign keys': ({ after }) => areReferencesValid(after, 'all'),
  'rule 1: a call that starts is not open to an excluded contact': (segment) =>
    insertedRows(segment, 'call_attempts').every(
      ([, call]) => !isOpen(call) || segment.after.contacts[call.contact_id]?.state !== 'excluded',
    ),
  'rule 1: an open call does not get a number that was listed before': ({
    statements,
    after,
    listedBefore,
  }) =>
    statements
      .flatMap((statement) => changedRows(statement.before, statement.after, 'contacts'))
      .filter(({ was, now }) => was.phone_number !== now.phone_number)
      .every(
        ({ name }) =>
          !listedBefore.has(after.contacts[name]?.phone_number ?? '') ||
          callsOf(after, name).every(([, call]) => !isOpen(call)),
      ),
  'rule 2: attempts_count follows the attempts': (segment) =>
    newCounts(segment).every(([contact, count]) => hasAttempt(segment.after, contact, count)) &&
    startedCalls(segment).every(
      ([{ attempt_number, contact_id }, { attempts_count }]) =>
        attempt_number <= attempts_count &&
        attempt_number > (segment.before.contacts[contact_id]?.attempts_count ?? 0),
    ),
  'rule 2: a number has at most one open call': ({ after }) => {
    const numbers = Object.values(after.call_attempts)
      .filter(isOpen)
      .map(({ contact_id }) => after.contacts[contact_id]?.phone_number);
    return new Set(numbers).size === numbers.length;
  },
  'rule 2: the latest call is not deleted while another may follow': (segment) =>
    deletedRows(segment, 'call_attempts').every(([, call]) => !isDeletionForbidden(segment.after, call)),
  'rule 4: no call without a provider configuration': (segment) =>
    startedCalls(segment).length === 0 || Object.keys(segment.after.provider_configs).length === 1,
  'rule 4: at most max_concurrent_calls, without the calls whose hang-up is noted': (segment) =>
    !insertedRows(segment, 'call_attempts').some(([, call]) => isOpen(call)) ||
    Object.values(segment.after.provider_configs).every(
      ({ max_concurrent_calls }) =>
        Object.entries(segment.after.call_attempts).filter(
          ([name, call]) => isOpen(call) && !(name in segment.after.hang_ups),
        ).length <= max_concurrent_calls,
    ),
  'rule 6: answers belong to a completed contact and call, and are not written again': (segment) =>
    insertedRows(segment, 'survey_responses').every(([, response]) => {
      const { contacts, call_attempts, erasedAnswers } = segment.after;
      const call = call_attempts[response.call_attempt_id];
      return (
        contacts[response.contact_id]?.state === 'completed' &&
        contacts[response.contact_id]?.campaign_id === response.campaign_id &&
        call?.contact_id === response.contact_id &&
        call.outcome === 'completed' &&
        response.completed_at >= (call.answered_at ?? 0) - 1 &&
        !(response.contact_id in erasedAnswers)
      );
    }),
  "rule 7: an event agrees with its contact's final state and names the call that led to it": (segment) =>
    insertedRows(segment, 'events').every(([, { event_type, contact_id, campaign_id, call_attempt_id }]) => {
      const { contacts, call_attempts } = segment.after;
      const contact = contacts[contact_id];
      const call = call_attempts[call_attempt_id ?? ''];
      if (contact === undefined || event_type !== `survey.${contact.state}`) return false;
      if (campaign_id !== contact.campaign_id || (call !== undefined && call.contact_id !== contact_id))
        return false;
      if (contact.state === 'not_reached') {
        const isExhausted = contact.attempts_count >= maxAttemptsOf(segment.after, contact);
        return isExhausted && (call === undefined || OUTCOMES_WITHOUT_RESULT.has(call.outcome));
      }
      return call === undefined
        ? callsOf(segment.after, contact_id).every(([, { outcome }]) => outcome !== contact.state)
        : call.outcome === contact.state;
    }),
  'rule 7: an event is deleted only with its contact': (segment) =>
    deletedRows(segment, 'events').every(([, { contact_id }]) => !(contact_id in segment.after.contacts)),
  "rule 8: an e-mail has its event's type, its contact's or campaign's language, and its contact's address": (
    segment,
  ) =>
    writtenRows(segment, 'email_notifications', ['to_email', 'template_id']).every(([, email]) => {
      const { events, contacts, email_templates, campaigns } = segment.after;
      const event = events[email.event_id];
      const contact = contacts[email.contact_id];
      const template = email_templates[email.template_id];
      return (
        event?.contact_id === email.contact_id &&
        event.campaign_id === email.campaign_id &&
        event.event_type === `survey.${template?.type}` &&
        contact?.email === email.to_email &&
        [contact.preferred_language, campaigns[email.campaign_id]?.language].includes(template?.locale)
      );
    }),
  'rule 8: a sent e-mail is deleted only with its contact': (segment) =>
    deletedRows(segment, 'email_notifications').every(
      ([, { status, contact_id }]) => status !== 'sent' || !(contact_id in segment.after.contacts),
    ),
  'rule 9: a campaign starts with a contact to call': ({ statements, after }) =>
    statements
      .flatMap((statement) => changedRows(statement.before, statement.after, 'campaigns'))
      .filter(({ was, now }) => ['draft', 'scheduled'].includes(was.status) && now.status === 'running')
      .every(
        ({ name }) =>
          !(name in after.campaigns) ||
          Object.values(after.contacts).some(
            ({ campaign_id, state, attempts_count }) =>
              campaign_id === name && (state === 'pending' || attempts_count > 0),
          ),
      ),
  'rule 9: the templates of a campaign match in type and language': (segment) =>
    writtenRows(segment, 'campaigns', ['language', 'email_completed_template_id']).every(
      ([, { language, email_completed_template_id }]) => {
        const template = segment.after.email_templates[email_completed_template_id ?? ''];
        return template === undefined || (template.type === 'completed' && template.locale === language);
      },
    ),
  'rule 10: in progress means that one call is open': ({ after }) =>
    Object.entries(after.contacts).every(([name, { state }]) =>
      callsOf(after, name).some(([, call]) => isOpen(call))
        ? ['in_progress', 'excluded'].includes(state)
        : state !== 'in_progress',
    ),
  'rules 6, 10: the state of a contact agrees with its calls and answers': (segment) =>
    writtenRows(segment, 'contacts', ['state', 'attempts_count']).every(([name, contact]) =>
      isStateConsistent(segment.after, name, contact),
    ),
  'rules 5, 10: a contact follows a replaced end': ({ statements, after }) =>
    statements
      .flatMap((statement) => changedRows(statement.before, statement.after, 'call_attempts'))
      .filter(
        ({ name, was, now }) =>
          name in after.call_attempts && was.outcome !== null && was.outcome !== now.outcome,
      )
      .every(({ name, now: { contact_id } }) => {
        const { state, last_outcome } = after.contacts[contact_id] ?? {};
        const isResult = !OUTCOMES_WITHOUT_RESULT.has(after.call_attempts[name]?.outcome ?? null);
        const latest = callsOf(after, contact_id)
          .filter(([, call]) => !isOpen(call))
          .at(-1)?.[1];
        return (
          state === 'excluded' ||
          (!(isResult && ['pending', 'not_reached'].includes(state ?? '')) &&
            (last_outcome === null || last_outcome === latest?.outcome))
        );
      }),
  'rule 10: last_outcome is that of the latest ended call': (segment) =>
    [...writtenRows(segment, 'contacts', ['last_outcome']), ...returnedContacts(segment)].every(
      ([name, { last_outcome }]) => {
        const ended = callsOf(segment.after, name).filter(([, call]) => !isOpen(call));
        return last_outcome === null || ended.at(-1)?.[1].outcome === last_outcome;
      },
    ),
  'rule 13: the type and language of a template change at read committed only': ({ isolation, statements }) =>
    isolation === 'read committed' ||
    statements.every(({ before, after }) => changedRows(before, after, 'email_templates').length === 0),
  'rule 12: a transcript belongs to an answered call': (segment) =>
    insertedRows(segment, 'transcript_snippets').every(
      ([, { call_attempt_id }]) => segment.after.call_attempts[call_attempt_id]?.answered_at !== null,
    ),
};
