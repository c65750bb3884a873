import { importing } from './database.js';
import { deed, mostly, phone, rarely, who } from './deed.js';
import { callsOf, excludeNumber, FINAL, type World } from './world.js';

function list(after: World, phone: string): void {
  if (!after.listed.includes(phone)) after.listed = [...after.listed, phone].sort();
  excludeNumber(after, phone);
}

export const exclude = deed<{ phone: string }>('exclude', { phone }, ({ phone }, after) => {
  if (after.listed.includes(phone)) return undefined;
  list(after, phone);
  return `insert into exclusion_list_entries (phone_number) values ('${phone}')`;
});

export const unlist = deed<{ phone: string }>('unlist', { phone }, ({ phone }, after) => {
  after.listed = after.listed.filter((listed) => listed !== phone);
  return `delete from exclusion_list_entries where phone_number = '${phone}'`;
});

export const unwilling = deed<{ who: string; value: boolean }>(
  'do not call',
  { who, value: mostly(true, false) },
  ({ who, value }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
    contact.unwilling = value;
    return `update contacts set do_not_call = ${value} where id = :${who}`;
  },
);

export const erase = deed<{ who: string }>('erase', { who }, ({ who }, after) => {
  const contact = after.contacts[who];
  if (contact === undefined) return undefined;
  delete after.contacts[who];
  delete after.events[who];
  delete after.emails[who];
  after.answers = after.answers.filter((name) => name !== who);
  for (const [id] of callsOf(after, who)) delete after.calls[id];
  if (contact.unwilling) list(after, contact.phone);
  return `delete from contacts where id = :${who}`;
});

export const bring = deed<{ who: string; phone: string; unwilling: boolean }>(
  'import',
  { who, phone, unwilling: rarely },
  ({ who, phone, unwilling }, after) => {
    if (after.contacts[who] !== undefined) return undefined;
    const campaign = who === 'dan' ? 'two' : 'one';
    const state = after.listed.includes(phone) ? 'excluded' : 'pending';
    after.contacts[who] = { campaign, phone, unwilling, state, count: 0, outcome: null };
    return importing(who, campaign, phone, unwilling);
  },
);

export const renumber = deed<{ who: string; phone: string }>(
  'renumber',
  { who, phone },
  ({ who, phone }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
    const changed = contact.phone !== phone;
    contact.phone = phone;
    if (changed && after.listed.includes(phone) && !FINAL.has(contact.state)) contact.state = 'excluded';
    return `update contacts set phone_number = '${phone}' where id = :${who}`;
  },
);
