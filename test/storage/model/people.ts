import { importing } from './database.js';
import { deed, mostly, phone, rarely, which, who } from './deed.js';
import { callsOf, excludeNumber, FINAL, type World } from './world.js';

/** Lists a number, again where it is listed already. */
function list(after: World, phone: string): void {
  after.listed = [...after.listed, phone].sort();
  excludeNumber(after, phone);
}

export const exclude = deed<{ phone: string }>('exclude', { phone }, ({ phone }, after) => {
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
  const isExcluded = contact.unwilling || contact.state === 'excluded';
  if (isExcluded && !after.listed.includes(contact.phone)) list(after, contact.phone);
  return `delete from contacts where id = :${who}`;
});

export const correctEntry = deed<{ from: string; to: string }>(
  'correct an entry',
  { from: phone, to: phone },
  ({ from, to }, after) => {
    if (!after.listed.includes(from)) return undefined;
    after.listed = after.listed.filter((listed) => listed !== from);
    list(after, to);
    return `update exclusion_list_entries set phone_number = '${to}' where phone_number = '${from}'`;
  },
);

interface Import {
  readonly who: string;
  readonly phone: string;
  readonly unwilling: boolean;
  readonly state: string;
}

export const bring = deed<Import>(
  'import',
  {
    who,
    phone,
    unwilling: rarely,
    state: mostly('pending', 'excluded', 'in_progress', 'not_reached', 'completed'),
  },
  ({ who, phone, unwilling, state }, after) => {
    if (after.contacts[who] !== undefined) return undefined;
    const campaign = who === 'dan' ? 'two' : 'one';
    const now = state === 'pending' && after.listed.includes(phone) ? 'excluded' : state;
    after.contacts[who] = { campaign, phone, unwilling, state: now, count: 0, last: null, outcome: null };
    return importing(who, campaign, phone, unwilling, state);
  },
);

export const moveAway = deed<{ who: string; which: string }>(
  'move away',
  { who, which },
  ({ who, which }, after) => {
    const contact = after.contacts[who];
    if (contact === undefined) return undefined;
    contact.campaign = which;
    return `update contacts set campaign_id = :${which} where id = :${who}`;
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
