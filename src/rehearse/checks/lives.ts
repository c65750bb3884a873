import { contactOf } from '../plan/plan.js';
import { type Evidence, isUsedUp, mayBeErased, type RecordCheck } from './record-check.js';

/** The statuses that may follow one, whatever was not seen in between. */
const LATER: Readonly<Record<string, readonly string[]>> = {
  draft: ['running', 'paused', 'completed'],
  running: ['paused', 'completed'],
  paused: ['running', 'completed'],
  completed: [],
};

/** The changes of the status that a campaign may make in one step. */
const STEPS = new Set(['draft running', 'running paused', 'paused running', 'running completed']);

/** The numbers that are on the list of the campaign. */
function listed({ plan, position }: Evidence): ReadonlySet<string> {
  const { contacts = 0 } = plan.campaigns[position] ?? {};
  return new Set(Array.from({ length: contacts }, (_, index) => contactOf(plan, position, index).number));
}

/** How many contacts of the campaign were certainly or possibly erased. */
function erased(evidence: Evidence): { readonly certain: number; readonly possible: number } {
  let [certain, possible] = [0, 0];
  for (const number of listed(evidence)) {
    const erasure = evidence.record.erasures.get(number);
    if (erasure !== undefined) possible += 1;
    if (erasure?.confirmedAt != null) certain += 1;
  }
  return { certain, possible };
}

/** The checks of the rules 9 to 13: the lives of campaigns and contacts, imports, privacy, and honest counts. */
export const LIFE_CHECKS: readonly RecordCheck[] = [
  {
    rule: 9,
    finds: 'a campaign that did not end completed, or changed its status in another order than it may',
    find: ({ rows, campaign }) => {
      const isOrdered = campaign.statuses.every(
        (status, index) => index === 0 || LATER[campaign.statuses[index - 1] ?? '']?.includes(status),
      );
      const areSteps = rows.changes.every(
        ({ from, to }, index) =>
          STEPS.has(`${from} ${to}`) && from === (index === 0 ? 'draft' : rows.changes[index - 1]?.to),
      );
      return rows.status === 'completed' && isOrdered && areSteps ? [] : [campaign.id];
    },
  },
  {
    rule: 10,
    finds: 'a contact that has not ended, or left the final state that was confirmed',
    find: (evidence) => {
      const final = new Map(
        evidence.calls.flatMap(({ contactId, confirmedState: state }) =>
          state === 'completed' || state === 'refused' || state === 'excluded'
            ? [[contactId, state] as const]
            : [],
        ),
      );
      return [...evidence.rows.contacts.values()]
        .filter((contact) => {
          const { id, state } = contact;
          const hasEnded =
            ['completed', 'refused', 'excluded'].includes(state) ||
            (state === 'not_reached' && isUsedUp(evidence, contact));
          return !hasEnded || (final.get(id) ?? state) !== state;
        })
        .map(({ id }) => id);
    },
  },
  {
    rule: 11,
    finds: 'a line of an import with another verdict than expected, or a number that was on no line',
    find: (evidence) => {
      const numbers = listed(evidence);
      return [
        ...evidence.campaign.wrongVerdicts,
        ...[...evidence.rows.contacts.values()]
          .filter(({ number }) => !numbers.has(number))
          .map(({ id }) => id),
      ];
    },
  },
  {
    rule: 12,
    finds: 'a contact of an erased person, or a call, event or e-mail that was handed out after the erasure',
    find: (evidence) => {
      const { rows, record, calls } = evidence;
      const isErasedBefore = (number: string | undefined, at: number): boolean =>
        (record.erasures.get(number ?? '')?.confirmedAt ?? Number.POSITIVE_INFINITY) < at;
      const numbers = new Map(calls.map(({ contactId, number }) => [contactId, number]));
      const handedOut = [...record.events, ...record.emails].filter(([, { contactId, claimSentAt }]) =>
        isErasedBefore(numbers.get(contactId), claimSentAt),
      );
      return [
        ...[...rows.contacts.values()]
          .filter(({ number }) => record.erasures.get(number)?.confirmedAt != null)
          .map(({ id }) => id),
        ...calls
          .filter(({ number, claimSentAt }) => isErasedBefore(number, claimSentAt))
          .map(({ callId }) => callId),
        ...handedOut.map(([id]) => id),
      ];
    },
  },
  {
    rule: 12,
    finds: 'the recording of an erased person that was not handed out to be deleted',
    find: (evidence) => {
      if (evidence.position !== 0) return [];
      const { erasures, deletedRecordings } = evidence.record;
      return [...erasures.values()].flatMap(({ recordings }) =>
        recordings.filter((id) => !deletedRecordings.has(id)),
      );
    },
  },
  {
    rule: 12,
    finds: 'a campaign whose statistics lost the contacts that were erased',
    find: ({ rows, campaign }) => (rows.statistics.contacts === campaign.imported ? [] : [campaign.id]),
  },
  {
    rule: 13,
    finds:
      'a campaign whose contacts, statistics or export do not add up to what was imported, called and erased',
    find: (evidence) => {
      const { rows, campaign, calls } = evidence;
      const { certain, possible } = erased(evidence);
      const missing = campaign.imported - rows.contacts.size;
      const ended = [...rows.contacts.values()].filter(({ state }) => state !== 'excluded').length;
      const isHonest =
        missing >= certain &&
        missing <= possible &&
        rows.statistics.calls >= rows.attempts.length &&
        rows.statistics.calls >= calls.filter((call) => !mayBeErased(evidence, call)).length &&
        rows.exported >= ended;
      return isHonest ? [] : [campaign.id];
    },
  },
  {
    rule: 13,
    finds: 'exclusions or erasures that were confirmed and are not in the audit log',
    find: ({ position, record, shared }) => {
      if (position !== 0) return [];
      const excluded = [...record.exclusions].filter(([, { confirmedAt }]) => confirmedAt !== null);
      const isLogged =
        excluded.every(([number]) => shared.excludedNumbers.has(number)) &&
        shared.loggedExclusions >= excluded.length &&
        shared.loggedErasures >=
          [...record.erasures.values()].filter(({ confirmedAt }) => confirmedAt !== null).length;
      return isLogged ? [] : ['audit_log'];
    },
  },
];
