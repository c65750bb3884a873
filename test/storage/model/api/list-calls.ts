import fc from 'fast-check';
import { deleteRow, insertRow, mostly, pick, rarelyTrue, rowIndex, updateRow } from '../action.js';
import { attemptOf, FINAL_STATUSES, type Model, newContact, PHONES } from '../model.js';
import { executeStatement } from '../segment.js';
import { type ApiCall, attemptsLeft, campaignArgument, defineCall, quote } from './call.js';

const BAD_NUMBER = '0049 20 000001';
const phone: fc.Arbitrary<string> = mostly<string>(PHONES[0], ...PHONES, BAD_NUMBER);

interface Line {
  readonly phone_number: string;
  readonly do_not_call: boolean;
  readonly preferred_language: string;
}

const lines: fc.Arbitrary<Line[]> = fc.array(
  fc.record({
    phone_number: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...PHONES) },
      { weight: 1, arbitrary: phone },
    ),
    do_not_call: rarelyTrue,
    preferred_language: mostly('auto', 'it', 'de'),
  }),
  { maxLength: 3 },
);

const hasNumber = (
  model: Model,
  campaign: string,
  number: string,
): [string, Model['contacts'][string]] | undefined =>
  Object.entries(model.contacts).find(
    ([, { campaign_id, phone_number }]) => campaign_id === campaign && phone_number === number,
  );

const badOf = ({ phone_number, preferred_language }: Line): string | undefined => {
  if (phone_number === BAD_NUMBER) return 'bad_number';
  return preferred_language === 'de' ? 'bad_language' : undefined;
};

/** Lines as JSON, with spaces after the colons: a colon before a letter would begin a name. */
const sqlOfLines = (lines: readonly object[]): string => quote(JSON.stringify(lines, null, 1));

/** Imports lines into a campaign: each gets a verdict, and the good ones become contacts. */
export const importContacts: fc.Arbitrary<ApiCall> = defineCall<{
  campaign: number;
  lines: Line[];
  isUnknown: boolean;
}>(
  'import_contacts',
  { campaign: rowIndex, lines, isUnknown: mostly(false, true) },
  ({ campaign: index, lines: imported, isUnknown }, { model }) => {
    const campaign = isUnknown ? undefined : pick(Object.keys(model.campaigns), index);
    const json = imported.map((line, position) => ({ ...line, email: `line${position}@example.com` }));
    return {
      sql: `voicesurvey.import_contacts(${campaignArgument(campaign)}, ${sqlOfLines(json)})`,
      predict: ({ nameOf }) => {
        if (campaign === undefined) return { error: 'campaign_is_known' };
        if (FINAL_STATUSES.has(model.campaigns[campaign]?.status ?? '')) {
          return { error: 'campaign_has_not_ended' };
        }
        const good = json.filter((line) => badOf(line) === undefined);
        const first = good.filter(
          (line) => good.find(({ phone_number }) => phone_number === line.phone_number) === line,
        );
        const optedOut = good
          .filter(({ do_not_call }) => do_not_call)
          .map(({ phone_number }) => phone_number);
        const inserts = first
          .filter(({ phone_number }) => hasNumber(model, campaign, phone_number) === undefined)
          .map(({ phone_number, email, preferred_language }) =>
            insertRow('contacts', nameOf('contacts', { campaign_id: campaign, phone_number }), {
              ...newContact('', campaign, phone_number),
              email,
              preferred_language,
              do_not_call: optedOut.includes(phone_number),
            }),
          );
        const updates = Object.entries(model.contacts)
          .filter(
            ([, contact]) =>
              contact.campaign_id === campaign &&
              !contact.do_not_call &&
              optedOut.includes(contact.phone_number),
          )
          .map(([name]) => updateRow('contacts', name, { do_not_call: true }));
        const statements = [inserts, updates].filter((writes) => writes.length > 0);
        const after = statements.reduce((state, writes) => executeStatement(state, writes).after, model);
        return {
          statements,
          rows: json.map((line, position) => {
            const [contact_id, contact] = hasNumber(after, campaign, line.phone_number) ?? [];
            const bad = badOf(line);
            const verdict = bad ?? verdictOf(first.includes(line), contact_id, contact?.state, model);
            return {
              line_number: position + 1,
              verdict,
              contact_id: bad === undefined ? contact_id : null,
              state: bad === undefined ? contact?.state : null,
            };
          }),
        };
      },
    };
  },
);

function verdictOf(
  isFirst: boolean,
  contact: string | undefined,
  state: string | undefined,
  before: Model,
): string {
  if (!isFirst) return 'duplicate_in_batch';
  if ((contact ?? '') in before.contacts) return 'already_there';
  return state === 'excluded' ? 'excluded' : 'accepted';
}

/** Adds numbers to the exclusion list. */
export const importExclusions: fc.Arbitrary<ApiCall> = defineCall<{ numbers: string[] }>(
  'import_exclusions',
  { numbers: fc.array(fc.constantFrom(...PHONES, BAD_NUMBER), { maxLength: 2 }) },
  ({ numbers }, { model }) => ({
    sql: `voicesurvey.import_exclusions(${sqlOfLines(numbers.map((phone_number) => ({ phone_number })))})`,
    predict: () => {
      const verdicts = numbers.map((number, index) => {
        if (number === BAD_NUMBER) return 'bad_number';
        if (numbers.indexOf(number) < index) return 'duplicate_in_batch';
        return number in model.exclusion_list_entries ? 'already_listed' : 'accepted';
      });
      const inserts = numbers
        .filter((_, index) => verdicts[index] === 'accepted')
        .map((phone_number) => insertRow('exclusion_list_entries', phone_number, { phone_number }));
      return {
        rows: verdicts.map((verdict, index) => ({ line_number: index + 1, verdict })),
        statements: inserts.length === 0 ? [] : [inserts],
      };
    },
  }),
);

const countExcluded = (model: Model, number: string): number =>
  Object.values(model.contacts).filter(
    ({ phone_number, state }) => phone_number === number && state === 'excluded',
  ).length;

/** Lists a number, which excludes its contacts. */
export const excludeNumber: fc.Arbitrary<ApiCall> = defineCall<{ number: string }>(
  'exclude_number',
  { number: fc.constantFrom(...PHONES, ...PHONES, BAD_NUMBER) },
  ({ number }, { model }) => ({
    sql: `voicesurvey.exclude_number(${quote(number)}, 'Asked for it')`,
    predict: () => {
      if (number === BAD_NUMBER) return { error: 'number_is_e164' };
      const isListed = number in model.exclusion_list_entries;
      const listing = insertRow('exclusion_list_entries', number, { phone_number: number });
      const after = isListed ? model : executeStatement(model, [listing]).after;
      return {
        rows: [
          {
            verdict: isListed ? 'already_listed' : 'accepted',
            contacts_excluded: countExcluded(after, number),
          },
        ],
        statements: isListed ? [] : [[listing]],
      };
    },
  }),
);

/** Deletes an entry, and returns the contacts of its number that may be called again, or were not reached. */
export const liftExclusion: fc.Arbitrary<ApiCall> = defineCall<{
  number: number;
  isAny: boolean;
  reason: string;
}>(
  'lift_exclusion',
  { number: rowIndex, isAny: mostly(false, true), reason: mostly('person_agreed', ' ') },
  ({ number: index, isAny, reason }, { model }) => {
    const excluded = Object.values(model.contacts).filter(({ state }) => state === 'excluded');
    const candidates = [
      ...excluded.map(({ phone_number }) => phone_number),
      ...Object.keys(model.exclusion_list_entries),
    ];
    const number = pick(isAny || candidates.length === 0 ? PHONES : candidates, index) ?? PHONES[0];
    return {
      sql: `voicesurvey.lift_exclusion(${quote(number)}, ${quote(reason)})`,
      predict: ({ nameOf }) => {
        if (reason === ' ') return { error: 'reason_is_given' };
        const isListed = number in model.exclusion_list_entries;
        const returned = Object.entries(model.contacts)
          .filter(
            ([name, { phone_number, state }]) =>
              phone_number === number && state === 'excluded' && mayReturn(model, name),
          )
          .map(([name, contact]) => ({
            name,
            contact,
            state: attemptsLeft(withPending(model, name), name) > 0 ? 'pending' : 'not_reached',
          }));
        const notReached = returned.filter(({ state }) => state === 'not_reached');
        const updates = returned.map(({ name, contact, state }) =>
          updateRow('contacts', name, {
            state,
            last_outcome: attemptOf(model, name, contact.attempts_count)?.outcome ?? null,
          }),
        );
        const event_type = 'survey.not_reached';
        const events = notReached
          .filter(({ name }) =>
            Object.values(model.events).every(
              (event) => event.contact_id !== name || event.event_type !== event_type,
            ),
          )
          .map(({ name, contact: { campaign_id, attempts_count } }) =>
            insertRow('events', nameOf('events', { contact_id: name, event_type }), {
              event_type,
              contact_id: name,
              campaign_id,
              call_attempt_id: callNamed(model, name, attempts_count),
            }),
          );
        return {
          rows: [
            {
              entries_removed: isListed ? 1 : 0,
              contacts_pending: returned.length - notReached.length,
              contacts_not_reached: notReached.length,
              contacts_excluded: countExcluded(model, number) - returned.length,
            },
          ],
          statements: [isListed ? [deleteRow('exclusion_list_entries', number)] : [], updates, events].filter(
            (writes) => writes.length > 0,
          ),
        };
      },
    };
  },
);

const callNamed = (model: Model, contact: string, number: number): string | null =>
  Object.entries(model.call_attempts).find(
    ([, { contact_id, attempt_number }]) => contact_id === contact && attempt_number === number,
  )?.[0] ?? null;

const withPending = (model: Model, name: string): Model => {
  const contact = model.contacts[name];
  return contact === undefined
    ? model
    : { ...model, contacts: { ...model.contacts, [name]: { ...contact, state: 'pending' } } };
};

/** Whether the exclusion of a contact ends with that of its number. */
function mayReturn(model: Model, name: string): boolean {
  const contact = model.contacts[name];
  if (contact === undefined || contact.do_not_call) return false;
  if (FINAL_STATUSES.has(model.campaigns[contact.campaign_id]?.status ?? '')) return false;
  const outcome = attemptOf(model, name, contact.attempts_count)?.outcome ?? '';
  return contact.attempts_count === 0 || ['no_answer', 'busy', 'failed'].includes(outcome);
}
