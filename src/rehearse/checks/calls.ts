import { callOf, contactOf } from '../plan/plan.js';
import { type CallRecord, providerIdOf } from '../plan/record.js';
import { type Evidence, groupBy, mayBeErased, type RecordCheck } from './record-check.js';

/** The retry interval of all campaigns. */
const INTERVAL_MS = 60_000;

const ids = (calls: readonly CallRecord[]): string[] => calls.map(({ callId }) => callId);

/** Each call to a number with the next one, whichever campaigns they are of. */
function pairs(calls: Iterable<CallRecord>): (readonly [CallRecord, CallRecord])[] {
  const dialled = [...calls].filter(({ dialledAt }) => dialledAt !== null);
  return [...groupBy(dialled, ({ number }) => number).values()].flatMap((group) => {
    const sorted = group.toSorted((a, b) => (a.dialledAt ?? 0) - (b.dialledAt ?? 0));
    return sorted.slice(1).map((call, index) => [sorted[index] as CallRecord, call] as const);
  });
}

/** The calls beyond the limit, by the times at which the provider dialled and hung up. */
function beyondTheLimit({ plan, record }: Evidence): string[] {
  const changes = [...record.calls.values()].flatMap((call) => {
    if (call.dialledAt === null) return [];
    // The database knows nothing of a call after its person was erased, and does not count it any more.
    const erasedAt = record.erasures.get(call.number)?.sentAt ?? Number.POSITIVE_INFINITY;
    if (erasedAt <= call.dialledAt) return [];
    const end = Math.min(call.hungUpAt ?? Number.POSITIVE_INFINITY, erasedAt);
    return [
      { at: call.dialledAt, change: 1, call },
      { at: end, change: -1, call },
    ];
  });
  let live = 0;
  return changes
    .sort((a, b) => a.at - b.at || a.change - b.change)
    .filter(({ change }) => {
      live += change;
      return change === 1 && live > plan.limit;
    })
    .map(({ call }) => call.callId);
}

/** The checks of the rules 1 to 5: whom the campaign called, when, how often and how many concurrently. */
export const CALL_CHECKS: readonly RecordCheck[] = [
  {
    rule: 1,
    finds: 'a call to a number whose exclusion was confirmed before the claim was sent',
    find: ({ calls, record }) =>
      ids(
        calls.filter(
          ({ number, claimSentAt }) =>
            (record.exclusions.get(number)?.confirmedAt ?? Number.POSITIVE_INFINITY) < claimSentAt,
        ),
      ),
  },
  {
    rule: 1,
    finds: 'a call to a person whose line of the import had do_not_call',
    find: ({ plan, position, calls }) => {
      const numbers = new Set<string>();
      for (let index = 0; index < (plan.campaigns[position]?.contacts ?? 0); index++) {
        const contact = contactOf(plan, position, index);
        if (contact.doNotCall) numbers.add(contact.number);
      }
      return ids(calls.filter(({ number }) => numbers.has(number)));
    },
  },
  {
    rule: 1,
    finds: 'a contact that is not excluded, although its number was, before it had completed or refused',
    find: ({ rows, record }) =>
      [...rows.contacts.values()]
        .filter(
          ({ number, state }) =>
            record.exclusions.get(number)?.confirmedAt != null &&
            !['completed', 'refused', 'excluded'].includes(state),
        )
        .map(({ id }) => id),
  },
  {
    rule: 2,
    finds: 'a call beyond max_attempts, or one that two claims returned, or a second call with its number',
    find: ({ plan, position, calls }) => {
      const seen = new Set<string>();
      return ids(
        calls.filter(({ contactId, attempt, claims }) => {
          const key = `${contactId} ${attempt}`;
          const isRepeated = seen.has(key) || claims > 1;
          seen.add(key);
          return isRepeated || attempt > (plan.campaigns[position]?.maxAttempts ?? 0);
        }),
      );
    },
  },
  {
    rule: 2,
    finds: 'a call that the provider dialled while another call to the number went on',
    find: ({ record, position }) =>
      ids(
        pairs(record.calls.values())
          .filter(([earlier, call]) => {
            const end = earlier.hungUpAt ?? Number.POSITIVE_INFINITY;
            return call.campaign === position && end > (call.dialledAt ?? 0);
          })
          .map(([, call]) => call),
      ),
  },
  {
    rule: 2,
    finds: 'a contact whose attempts are not numbered 1, 2, 3 up to its attempts_count',
    find: ({ rows }) => {
      const attempts = groupBy(rows.attempts, ({ contactId }) => contactId);
      return [...rows.contacts.values()]
        .filter((contact) => {
          const numbers = (attempts.get(contact.id) ?? []).map(({ attempt }) => attempt);
          return numbers.length !== contact.attempts || numbers.some((number, index) => number !== index + 1);
        })
        .map(({ id }) => id);
    },
  },
  {
    rule: 3,
    finds: 'a call that was claimed before the start of its campaign, in a pause or after its end',
    find: ({ calls, campaign }) =>
      ids(
        calls.filter(
          ({ claimSentAt, claimConfirmedAt }) =>
            claimConfirmedAt < (campaign.startSentAt ?? Number.POSITIVE_INFINITY) ||
            claimSentAt > (campaign.completedAt ?? Number.POSITIVE_INFINITY) ||
            campaign.pauses.some(
              (pause) =>
                claimSentAt > pause.confirmedAt &&
                claimConfirmedAt < (pause.resumeSentAt ?? Number.POSITIVE_INFINITY),
            ),
        ),
      ),
  },
  {
    rule: 3,
    finds: 'a call that was claimed less than a minute after the previous attempt of its contact',
    find: ({ calls }) => {
      const last = new Map<string, CallRecord>();
      return ids(
        calls.filter((call) => {
          const previous = last.get(call.contactId);
          last.set(call.contactId, call);
          return previous !== undefined && call.claimConfirmedAt - previous.claimSentAt < INTERVAL_MS;
        }),
      );
    },
  },
  {
    rule: 4,
    finds: 'a call beyond the limit of concurrent calls, as the provider counts them',
    find: (evidence) => (evidence.position === 0 ? beyondTheLimit(evidence) : []),
  },
  {
    rule: 5,
    finds: 'an attempt that contradicts its call: another contact, number, provider id or outcome, or no end',
    find: ({ plan, rows, record, position }) =>
      rows.attempts
        .filter((attempt) => {
          const call = record.calls.get(attempt.callId);
          const isClosed = attempt.outcome === 'failed' && attempt.errorCode === 'NO_END_REPORTED';
          // The answer of its claim was lost, so it was not dialled.
          if (call === undefined) return !isClosed || attempt.providerId !== null;
          const { outcome } = callOf(plan, position, call.number, call.attempt);
          return (
            call.contactId !== attempt.contactId ||
            call.attempt !== attempt.attempt ||
            call.number !== rows.contacts.get(attempt.contactId)?.number ||
            (call.hasStoredId || attempt.providerId !== null
              ? attempt.providerId !== providerIdOf(call.callId)
              : false) ||
            (isClosed ? call.confirmedOutcome !== null : attempt.outcome !== outcome)
          );
        })
        .map(({ callId }) => callId),
  },
  {
    rule: 5,
    finds: 'a call that was claimed and has no row, although its person was not erased',
    find: (evidence) => {
      const known = new Set(evidence.rows.attempts.map(({ callId }) => callId));
      return ids(evidence.calls.filter((call) => !known.has(call.callId) && !mayBeErased(evidence, call)));
    },
  },
];
