import fc from 'fast-check';
import {
  defineAction,
  deleteRow,
  insertRow,
  mostly,
  pick,
  rarelyTrue,
  rowIndex,
  updateRow,
} from './action.js';
import { openCalls } from './calls.js';
import { type Contact, latestCallOf, type Model, newContact, PHONES, type Row, rowsOf } from './model.js';
import type { Write } from './write.js';

const phone: fc.Arbitrary<string> = fc.constantFrom(...PHONES);

/** Imports a number that the campaign does not list; rarely any number. */
export const importContact = defineAction<{
  campaign: number;
  phone: number;
  isAny: boolean;
  isDoNotCall: boolean;
}>(
  'import a contact',
  { campaign: rowIndex, phone: fc.nat(5), isAny: rarelyTrue, isDoNotCall: rarelyTrue },
  ({ campaign, phone, isAny, isDoNotCall }, { model, createName }) => {
    const campaign_id = pick(Object.keys(model.campaigns), campaign);
    const existing = Object.values(model.contacts).filter((contact) => contact.campaign_id === campaign_id);
    const numbers = PHONES.filter(
      (number) => isAny || existing.every(({ phone_number }) => phone_number !== number),
    );
    const phone_number = pick(numbers, phone);
    if (campaign_id === undefined || phone_number === undefined) return [];
    const name = createName('contact');
    return [
      insertRow('contacts', name, {
        ...newContact(name, campaign_id, phone_number),
        do_not_call: isDoNotCall,
      }),
    ];
  },
);

export const listNumber = defineAction<{ phone: string }>('list a number', { phone }, ({ phone }) => [
  insertRow('exclusion_list_entries', phone, { phone_number: phone }),
]);

export const unlistNumber = defineAction<{ entry: number }>(
  'unlist a number',
  { entry: rowIndex },
  ({ entry }, { model }) => {
    const phone = pick(Object.keys(model.exclusion_list_entries), entry);
    return phone === undefined ? [] : [deleteRow('exclusion_list_entries', phone)];
  },
);

export const setDoNotCall = defineAction<{ contact: number; isSet: boolean }>(
  'set do_not_call',
  { contact: rowIndex, isSet: mostly(true, false) },
  ({ contact, isSet }, { model }) => {
    const [name] = pick(Object.entries(model.contacts), contact) ?? [];
    return name === undefined ? [] : [updateRow('contacts', name, { do_not_call: isSet })];
  },
);

/**
 * Returns an excluded contact to pending or not_reached: mostly one that is neither listed nor has do_not_call, or one
 * whose number is unlisted and whose do_not_call is set to false in the same transaction. Rarely its latest call is
 * erased in that transaction too.
 */
export const returnContact = defineAction<{
  contact: number;
  isAny: boolean;
  isCauseRemoved: boolean;
  isGivenUp: boolean;
  erasure: string;
}>(
  'return an excluded contact',
  {
    contact: rowIndex,
    isAny: fc.constantFrom(false, false, false, true),
    isCauseRemoved: fc.boolean(),
    isGivenUp: rarelyTrue,
    erasure: fc.constantFrom('none', 'none', 'none', 'none', 'none', 'none', 'before', 'after'),
  },
  ({ contact: index, isAny, isCauseRemoved, isGivenUp, erasure }, { model }) => {
    const isListed = ({ phone_number }: Contact): boolean => phone_number in model.exclusion_list_entries;
    const excluded = Object.entries(model.contacts).filter(
      ([, contact]) =>
        contact.state === 'excluded' &&
        (isAny || isCauseRemoved || !(contact.do_not_call || isListed(contact))),
    );
    const [name, contact] = pick(excluded, index) ?? [];
    if (name === undefined || contact === undefined) return [];
    const hasAttemptsLeft =
      contact.attempts_count < (model.campaigns[contact.campaign_id]?.max_attempts ?? 0);
    const state = hasAttemptsLeft && !isGivenUp ? 'pending' : 'not_reached';
    const [latestCall] = latestCallOf(model, name) ?? [];
    const erasures = latestCall === undefined ? [] : [deleteRow('call_attempts', latestCall)];
    return [
      ...(erasure === 'before' ? erasures : []),
      ...(isCauseRemoved && isListed(contact)
        ? [deleteRow('exclusion_list_entries', contact.phone_number)]
        : []),
      updateRow('contacts', name, { state, ...(isCauseRemoved ? { do_not_call: false } : {}) }),
      ...(erasure === 'after' ? erasures : []),
    ];
  },
);

/** Changes the number of an entry of the exclusion list. */
export const changeEntry = defineAction<{ entry: number; to: string }>(
  'change an entry',
  { entry: rowIndex, to: phone },
  ({ entry, to }, { model }) => {
    const from = pick(Object.keys(model.exclusion_list_entries), entry);
    return from === undefined ? [] : [updateRow('exclusion_list_entries', from, { phone_number: to })];
  },
);

/** Erases a contact, or all contacts of its number; by cascade, or row by row. */
export const eraseContact = defineAction<{ contact: number; from: string; isRowByRow: boolean }>(
  'erase a contact',
  { contact: rowIndex, from: mostly('one campaign', 'all'), isRowByRow: fc.boolean() },
  ({ contact: index, from, isRowByRow }, { model }) => {
    const [name, contact] = pick(Object.entries(model.contacts), index) ?? [];
    if (name === undefined || contact === undefined) return [];
    const erased = Object.entries(model.contacts).filter(
      ([other, { phone_number }]) =>
        other === name || (from === 'all' && phone_number === contact.phone_number),
    );
    return erased.flatMap(([each]) => [
      ...(isRowByRow ? deleteRowsAbout(model, each) : []),
      deleteRow('contacts', each),
    ]);
  },
);

const deleteRowsAbout = (model: Model, contact: string): Write[] =>
  (['email_notifications', 'events', 'survey_responses', 'call_attempts'] as const).flatMap((table) =>
    rowsOf(model, table)
      .filter(([, row]) => row.contact_id === contact)
      .map(([name]) => deleteRow(table, name)),
  );

/** What an update may write together with a number: it excludes the contact, or returns it. */
const NUMBER_COMPANIONS: readonly Row[] = [
  {},
  {},
  {},
  { state: 'excluded' },
  { do_not_call: true },
  { state: 'pending', do_not_call: false },
];

/** Changes the number of a contact; often during its call, to the number of another open call or to a listed one. */
export const changeNumber = defineAction<{
  contact: number;
  phone: number;
  isDuringCall: boolean;
  isListed: boolean;
  companions: Row;
}>(
  'change a number',
  {
    contact: rowIndex,
    phone: rowIndex,
    isDuringCall: fc.boolean(),
    isListed: fc.boolean(),
    companions: fc.constantFrom(...NUMBER_COMPANIONS),
  },
  ({ contact: index, phone, isDuringCall, isListed, companions }, { model }) => {
    const called = openCalls(model).map(([, { contact_id }]) => contact_id);
    const names = isDuringCall ? called : Object.keys(model.contacts).toReversed();
    const name = pick(names, index);
    const listed = Object.keys(model.exclusion_list_entries);
    const inCall = called
      .filter((other) => other !== name)
      .flatMap((other) => model.contacts[other]?.phone_number ?? []);
    const numbers = isListed ? listed : inCall;
    const phone_number = pick(isDuringCall && numbers.length > 0 ? numbers : PHONES, phone);
    return name === undefined || phone_number === undefined
      ? []
      : [updateRow('contacts', name, { phone_number, ...companions })];
  },
);
