import { namedAreThere } from './keys.js';
import { changed, deleted, inserted, type Transaction, touched } from './transaction.js';
import { type Call, type Campaign, type Contact, callsOf, latestOf, OVER, type World } from './world.js';

type Rule = (transaction: Transaction) => boolean;

const WITHOUT_RESULT: ReadonlySet<string | null> = new Set(['no_answer', 'busy', 'failed']);

const campaignOf = (world: World, contact: Contact): Campaign | undefined =>
  world.campaigns[contact.campaign_id];

const isOpen = ({ ended_at }: Call): boolean => ended_at === null;

const numberIsThere = (world: World, contact: string, number: number): boolean =>
  callsOf(world, contact).some(([, { attempt_number }]) => attempt_number === number);

/** Each number to which a contact who is still there was counted up. */
const counted = ({ statements, after }: Transaction): [string, number][] =>
  statements
    .flatMap((statement) => changed(statement.before, statement.after, 'contacts'))
    .filter(({ name, was, now }) => name in after.contacts && was.attempts_count !== now.attempts_count)
    .map(({ name, now }) => [name, now.attempts_count]);

/** Every call that began, also one that was deleted again, of contacts who are still there. */
const begun = (transaction: Transaction): [Call, Contact][] =>
  [...inserted(transaction, 'call_attempts'), ...deletedAgain(transaction)].flatMap(([, call]) => {
    const contact = transaction.after.contacts[call.contact_id];
    return contact === undefined ? [] : [[call, contact] as [Call, Contact]];
  });

const deletedAgain = (transaction: Transaction): [string, Call][] =>
  deleted(transaction, 'call_attempts').filter(([name]) => !(name in transaction.before.call_attempts));

/** Whether the calls and answers bear out the state of a contact. */
function isBorneOut(world: World, name: string, { state, attempts_count, ...contact }: Contact): boolean {
  const call = latestOf(world, name)?.[1];
  const isWithoutResult = call === undefined || WITHOUT_RESULT.has(call.outcome);
  switch (state) {
    case 'completed':
      return (
        call?.outcome === 'completed' &&
        Object.values(world.survey_responses).some((a) => a.contact_id === name)
      );
    case 'refused':
      return call?.outcome === 'refused';
    case 'pending':
      return isWithoutResult && attempts_count < (world.campaigns[contact.campaign_id]?.max_attempts ?? 0);
    case 'not_reached':
      return isWithoutResult && attempts_count > 0;
    case 'in_progress':
      return call !== undefined && isOpen(call) && call.attempt_number === attempts_count;
    default:
      return true;
  }
}

/** Whether a call that was deleted could be dialled again, or was put in another's place. */
function isMissed(world: World, call: Call): boolean {
  const contact = world.contacts[call.contact_id];
  if (contact === undefined) return false;
  const campaign = campaignOf(world, contact);
  const laterOnes = contact.attempts_count - call.attempt_number;
  const isLastOfAll =
    contact.state === 'not_reached' && contact.attempts_count >= (campaign?.max_attempts ?? 0);
  const mayGo = !isOpen(call) && (isLastOfAll || OVER.has(campaign?.status ?? ''));
  return (
    numberIsThere(world, call.contact_id, call.attempt_number) ||
    (contact.state === 'in_progress' && [0, 1].includes(laterOnes)) ||
    (['pending', 'not_reached'].includes(contact.state) && laterOnes === 0 && !mayGo)
  );
}

/** What is judged when the transaction commits, by the rows as they are then. */
export const COMMIT_RULES: Readonly<Record<string, Rule>> = {
  'what is named is there': ({ after }) => namedAreThere(after, false),
  '2: the count follows the attempts': (transaction) =>
    counted(transaction).every(([contact, number]) => numberIsThere(transaction.after, contact, number)) &&
    begun(transaction).every(
      ([{ attempt_number, contact_id }, { attempts_count }]) =>
        attempt_number <= attempts_count &&
        attempt_number > (transaction.before.contacts[contact_id]?.attempts_count ?? 0),
    ),
  '2: the latest call is not forgotten while another may come': (transaction) =>
    deleted(transaction, 'call_attempts').every(([, call]) => !isMissed(transaction.after, call)),
  '4: no calls without a provider': (transaction) =>
    begun(transaction).length === 0 || Object.keys(transaction.after.provider_configs).length === 1,
  '4: no more calls than the provider takes': (transaction) =>
    !inserted(transaction, 'call_attempts').some(([, call]) => isOpen(call)) ||
    Object.values(transaction.after.provider_configs).every(
      ({ max_concurrent_calls }) =>
        Object.values(transaction.after.call_attempts).filter(isOpen).length <= max_concurrent_calls,
    ),
  '6: answers are of a completed contact and call, and not given again': (transaction) =>
    inserted(transaction, 'survey_responses').every(([, answers]) => {
      const { contacts, call_attempts, campaigns, erased } = transaction.after;
      const call = call_attempts[answers.call_attempt_id];
      return (
        contacts[answers.contact_id]?.state === 'completed' &&
        contacts[answers.contact_id]?.campaign_id === answers.campaign_id &&
        call?.contact_id === answers.contact_id &&
        call.outcome === 'completed' &&
        answers.completed_at >= (call.answered_at ?? 0) - 1 &&
        (campaigns[answers.campaign_id]?.question_2_type === 'free_text' ||
          /^\d+$/.test(answers.q2_answer)) &&
        !(answers.contact_id in erased)
      );
    }),
  '7: an event tells the end that came, and the call that brought it': (transaction) =>
    inserted(transaction, 'events').every(([, { event_type, contact_id, campaign_id, call_attempt_id }]) => {
      const { contacts, call_attempts } = transaction.after;
      const contact = contacts[contact_id];
      const call = call_attempts[call_attempt_id ?? ''];
      if (contact === undefined || event_type !== `survey.${contact.state}`) return false;
      if (campaign_id !== contact.campaign_id || (call !== undefined && call.contact_id !== contact_id))
        return false;
      if (contact.state === 'not_reached') {
        const isUsedUp =
          contact.attempts_count >= (campaignOf(transaction.after, contact)?.max_attempts ?? 0);
        return isUsedUp && (call === undefined || WITHOUT_RESULT.has(call.outcome));
      }
      return call === undefined
        ? callsOf(transaction.after, contact_id).every(([, { outcome }]) => outcome !== contact.state)
        : call.outcome === contact.state;
    }),
  '7: what was told is not forgotten': (transaction) =>
    deleted(transaction, 'events').every(([, { contact_id }]) => !(contact_id in transaction.after.contacts)),
  "8: an e-mail is of its event's kind, in a language of its contact's, to its contact": (transaction) =>
    touched(transaction, 'email_notifications', ['to_email', 'template_id']).every(([, email]) => {
      const { events, contacts, email_templates, campaigns } = transaction.after;
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
  '8: what was sent is not forgotten': (transaction) =>
    deleted(transaction, 'email_notifications').every(
      ([, { status, contact_id }]) => status !== 'sent' || !(contact_id in transaction.after.contacts),
    ),
  '9: a campaign starts with a contact to call': ({ statements, after }) =>
    statements
      .flatMap((statement) => changed(statement.before, statement.after, 'campaigns'))
      .filter(({ was, now }) => ['draft', 'scheduled'].includes(was.status) && now.status === 'running')
      .every(
        ({ name }) =>
          !(name in after.campaigns) ||
          Object.values(after.contacts).some(
            ({ campaign_id, state, attempts_count }) =>
              campaign_id === name && (state === 'pending' || attempts_count > 0),
          ),
      ),
  '9: templates of a campaign are of its language and their kind': (transaction) =>
    touched(transaction, 'campaigns', ['language', 'email_completed_template_id']).every(
      ([, { language, email_completed_template_id }]) => {
        const template = transaction.after.email_templates[email_completed_template_id ?? ''];
        return template === undefined || (template.type === 'completed' && template.locale === language);
      },
    ),
  '10: in progress means that one call is open': ({ after }) =>
    Object.entries(after.contacts).every(([name, { state }]) =>
      callsOf(after, name).some(([, call]) => isOpen(call))
        ? ['in_progress', 'excluded'].includes(state)
        : state !== 'in_progress',
    ),
  '6, 10: a state is borne out by the calls and the answers': (transaction) =>
    touched(transaction, 'contacts', ['state', 'attempts_count']).every(([name, contact]) =>
      isBorneOut(transaction.after, name, contact),
    ),
  '10: the last outcome is that of the latest call': (transaction) =>
    touched(transaction, 'contacts', ['last_outcome']).every(([name, { last_outcome }]) => {
      const ended = callsOf(transaction.after, name).filter(([, call]) => !isOpen(call));
      return last_outcome === null || ended.at(-1)?.[1].outcome === last_outcome;
    }),
  '13: a template changes its kind in READ COMMITTED only': ({ isolation, statements }) =>
    isolation === 'read committed' ||
    statements.every(({ before, after }) => changed(before, after, 'email_templates').length === 0),
  '12: a transcript is of an answered call': (transaction) =>
    inserted(transaction, 'transcript_snippets').every(
      ([, { call_attempt_id }]) => transaction.after.call_attempts[call_attempt_id]?.answered_at !== null,
    ),
};
