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
import { type Model, newContact, PHONES, rowsOf } from './model.js';
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

export const unlistNumber = defineAction<{ phone: string }>('unlist a number', { phone }, ({ phone }) => [
  deleteRow('exclusion_list_entries', phone),
]);

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

/** Changes the number of a contact. */
export const changeNumber = defineAction<{ contact: number; phone: string }>(
  'change a number',
  { contact: rowIndex, phone },
  ({ contact, phone }, { model }) => {
    const [name] = pick(Object.entries(model.contacts).toReversed(), contact) ?? [];
    return name === undefined ? [] : [updateRow('contacts', name, { phone_number: phone })];
  },
);

/** Returns an excluded contact, mostly after the causes of its exclusion are removed. */
export const returnContact = defineAction<{
  contact: number;
  state: string;
  isUnlisted: boolean;
  isUnset: boolean;
}>(
  'return an excluded contact',
  {
    contact: rowIndex,
    state: fc.constantFrom('pending', 'not_reached'),
    isUnlisted: mostly(true, false),
    isUnset: mostly(true, false),
  },
  ({ contact: index, state, isUnlisted, isUnset }, { model }) => {
    const excluded = Object.entries(model.contacts).filter(([, contact]) => contact.state === 'excluded');
    const [name, contact] = pick(excluded, index) ?? [];
    if (name === undefined || contact === undefined) return [];
    const isListed = contact.phone_number in model.exclusion_list_entries;
    return [
      ...(isListed && isUnlisted ? [deleteRow('exclusion_list_entries', contact.phone_number)] : []),
      ...(contact.do_not_call && isUnset ? [updateRow('contacts', name, { do_not_call: false })] : []),
      updateRow('contacts', name, { state }),
    ];
  },
);
