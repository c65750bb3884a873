import fc from 'fast-check';
import { deed, insert, mostly, pick, rarely, remove, update, which } from './deed.js';
import { newContact, PHONES, rowsOf, type World } from './world.js';
import type { Write } from './write.js';

const phone: fc.Arbitrary<string> = fc.constantFrom(...PHONES);

/** A number that the campaign does not list yet is imported; now and then any. */
export const bring = deed<{ campaign: number; phone: number; isAny: boolean; isUnwilling: boolean }>(
  'import',
  { campaign: which, phone: fc.nat(5), isAny: rarely, isUnwilling: rarely },
  ({ campaign, phone, isAny, isUnwilling }, world, _, newName) => {
    const campaign_id = pick(Object.keys(world.campaigns), campaign);
    const listed = Object.values(world.contacts).filter((contact) => contact.campaign_id === campaign_id);
    const numbers = PHONES.filter(
      (each) => isAny || listed.every(({ phone_number }) => phone_number !== each),
    );
    const phone_number = pick(numbers, phone);
    if (campaign_id === undefined || phone_number === undefined) return [];
    const name = newName('person');
    return [
      insert('contacts', name, { ...newContact(name, campaign_id, phone_number), do_not_call: isUnwilling }),
    ];
  },
);

export const exclude = deed<{ phone: string }>('exclude', { phone }, ({ phone }) => [
  insert('exclusion_list_entries', phone, { phone_number: phone }),
]);

export const unlist = deed<{ phone: string }>('unlist', { phone }, ({ phone }) => [
  remove('exclusion_list_entries', phone),
]);

export const correctEntry = deed<{ entry: number; to: string }>(
  'correct an entry',
  { entry: which, to: phone },
  ({ entry, to }, world) => {
    const from = pick(Object.keys(world.exclusion_list_entries), entry);
    return from === undefined ? [] : [update('exclusion_list_entries', from, { phone_number: to })];
  },
);

/** A person is erased from one campaign or from all; now and then row by row. */
export const erase = deed<{ who: number; from: string; isRowByRow: boolean }>(
  'erase',
  { who: which, from: mostly('one campaign', 'all'), isRowByRow: fc.boolean() },
  ({ who, from, isRowByRow }, world) => {
    const [name, contact] = pick(Object.entries(world.contacts), who) ?? [];
    if (name === undefined || contact === undefined) return [];
    const theirs = Object.entries(world.contacts).filter(
      ([other, { phone_number }]) =>
        other === name || (from === 'all' && phone_number === contact.phone_number),
    );
    return theirs.flatMap(([each]) => [
      ...(isRowByRow ? rowsAbout(world, each) : []),
      remove('contacts', each),
    ]);
  },
);

const rowsAbout = (world: World, contact: string): Write[] =>
  (['email_notifications', 'events', 'survey_responses', 'call_attempts'] as const).flatMap((table) =>
    rowsOf(world, table)
      .filter(([, row]) => row.contact_id === contact)
      .map(([name]) => remove(table, name)),
  );

export const renumber = deed<{ who: number; phone: string }>(
  'renumber',
  { who: which, phone },
  ({ who, phone }, world) => {
    const [name] = pick(Object.entries(world.contacts).toReversed(), who) ?? [];
    return name === undefined ? [] : [update('contacts', name, { phone_number: phone })];
  },
);
