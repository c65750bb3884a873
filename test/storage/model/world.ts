/** What the product knows, as far as its rules speak of it. Times are whole minutes from a midnight in the past. */
export interface World {
  /** How many calls the provider takes at once; null without a provider. */
  limit: number | null;
  /** The numbers on the exclusion list. */
  listed: string[];
  campaigns: Record<string, Campaign>;
  /** By name; one who was erased is not there. */
  contacts: Record<string, Contact>;
  /** By id. */
  calls: Record<string, Call>;
  /** Contacts whose answers are there. */
  answers: string[];
  /** By contact: an end is final, so that two events of a contact would be of one kind. */
  events: Record<string, Event>;
  /** By contact: the e-mail of the contact's event. */
  emails: Record<string, Email>;
}

export interface Campaign {
  status: string;
  max: number;
  interval: number;
  /** Minutes of a day. */
  from: number;
  until: number;
}

export interface Contact {
  campaign: string;
  phone: string;
  unwilling: boolean;
  state: string;
  count: number;
  /** When the last attempt was, as the contact has it. */
  last: number | null;
  outcome: string | null;
}

export interface Call {
  contact: string;
  number: number;
  start: number;
  answered: number | null;
  ended: number | null;
  outcome: string | null;
  key: string | null;
}

export interface Event {
  kind: string;
  call: string | null;
  /** How often it was told. */
  times: number;
}

export interface Email {
  status: string;
  /** Its template's. */
  kind: string;
  /** Whose address it goes to. */
  to: string;
}

export const PHONES = ['+4920000001', '+4920000002', '+4920000003', '+4920000004'] as const;

/** Where every run begins: a campaign that runs and a draft, with a number of the first; nobody was called. */
export function newWorld(): World {
  const campaign = (status: string, max: number): Campaign => ({
    status,
    max,
    interval: 60,
    from: 0,
    until: 1440,
  });
  const contact = (name: string, phone: number): Contact => ({
    campaign: name,
    phone: PHONES[phone] ?? '',
    unwilling: false,
    state: 'pending',
    count: 0,
    last: null,
    outcome: null,
  });
  return {
    limit: 2,
    listed: [],
    campaigns: { one: campaign('running', 2), two: campaign('draft', 1) },
    contacts: {
      ann: contact('one', 0),
      bob: contact('one', 1),
      cat: contact('one', 2),
      dan: contact('two', 0),
    },
    calls: {},
    answers: [],
    events: {},
    emails: {},
  };
}

/** The calls of a contact, in the order of their numbers. */
export function callsOf(world: World, contact: string): [id: string, call: Call][] {
  return Object.entries(world.calls)
    .filter(([, call]) => call.contact === contact)
    .sort(([, one], [, other]) => one.number - other.number);
}

/** The call with the highest number. */
export const latestOf = (world: World, contact: string): [id: string, call: Call] | undefined =>
  callsOf(world, contact).at(-1);

export const FINAL: ReadonlySet<string> = new Set(['completed', 'refused', 'excluded']);

/** Excludes those who are waiting, being called or not reached and have the number. */
export function excludeNumber(world: World, phone: string): void {
  for (const contact of Object.values(world.contacts)) {
    if (contact.phone === phone && !FINAL.has(contact.state)) contact.state = 'excluded';
  }
}
