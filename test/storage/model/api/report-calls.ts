import fc from 'fast-check';
import { insertRow, mostly, pick, rowIndex, updateRow } from '../action.js';
import { ANSWERED_OUTCOMES, NO_END_REPORTED, OUTCOMES } from '../calls.js';
import { sqlOfInstant } from '../clock.js';
import { type Call, type Contact, isOpen } from '../model.js';
import type { Write } from '../write.js';
import { type ApiCall, type ApiContext, attemptsLeft, defineCall, type Prediction, quote } from './call.js';
import { filterRows } from './state.js';

/** How a report names its call: by either id, or by that of a call that was erased. */
type Naming = 'call_id' | 'provider_call_id' | 'erased';

const naming = mostly<Naming>('call_id', 'provider_call_id', 'erased');

/** The time of a report: before or after the earliest possible time or now, or left out. */
interface ReportedTime {
  readonly from: 'start' | 'now' | 'omitted';
  readonly minutes: number;
}

const reportedTime: fc.Arbitrary<ReportedTime> = fc.record({
  from: fc.constantFrom('omitted', 'omitted', 'now', 'now', 'start'),
  minutes: mostly(0, -1, 1, -2, 2),
});

interface Report {
  readonly call: number;
  readonly isOpen: boolean;
  readonly naming: Naming;
}

const report = { call: rowIndex, isOpen: fc.constantFrom(true, true, false), naming };

interface ReportedCall {
  readonly name: string;
  readonly call: Call;
  readonly contact: Contact;
  /** The argument that names it. */
  readonly argument: string;
  readonly isKnown: boolean;
}

/** The call of a report: an open one, or one that has ended, so that reports are late, repeated and out of order. */
function findCall(options: Report, { model }: ApiContext): ReportedCall | undefined {
  const open = Object.entries(model.call_attempts).filter(([, call]) => isOpen(call));
  const calls = options.isOpen && open.length > 0 ? open : Object.entries(model.call_attempts).toReversed();
  const [name, call] = pick(calls, options.call) ?? [];
  const contact = model.contacts[call?.contact_id ?? ''];
  if (name === undefined || call === undefined || contact === undefined) return undefined;
  if (options.naming === 'erased') return { name, call, contact, argument: "'erased'", isKnown: false };
  const isByProvider = options.naming === 'provider_call_id' && call.provider_call_id !== null;
  const argument = isByProvider
    ? quote(call.provider_call_id)
    : `(select call_id from public.call_attempts where id = :${name})`;
  return { name, call, contact, argument, isKnown: true };
}

const UNKNOWN_CALL: Prediction = { error: 'call_is_known' };
const IMPLAUSIBLE: Prediction = { error: 'time_of_the_call_is_plausible' };

const minuteOf = ({ from, minutes }: ReportedTime, call: Call, now: number): number | null =>
  from === 'omitted' ? null : (from === 'now' ? now : call.started_at) + minutes;

const sqlOfTime = (at: number | null): string => (at === null ? 'null' : sqlOfInstant(at));

/** Puts a time in order between others; undefined if it is more than 60 seconds outside of them, or in the future. */
function putInOrder(
  at: number | null,
  earliest: number,
  latest: number | null,
  now: number,
): number | undefined {
  if (at !== null && (at < earliest - 1 || at > (latest ?? at) + 1 || at > now + 1)) return undefined;
  return Math.min(Math.max(at ?? now, earliest), latest ?? Number.POSITIVE_INFINITY);
}

const earliestEnd = ({ started_at, answered_at }: Call): number =>
  Math.max(started_at, answered_at ?? started_at);

/** Stores the provider's id of a call; it is final, and no other call has it. */
export const recordProviderCall: fc.Arbitrary<ApiCall> = defineCall<Report & { id: string }>(
  'record_provider_call',
  { ...report, id: mostly('k4', 'k1', 'k2', 'k5', 'k6', 'k7', ' ') },
  ({ id, ...options }, context) => {
    const found = findCall(options, context);
    if (found === undefined) return undefined;
    const { name, call, argument, isKnown } = found;
    return {
      sql: `voicesurvey.record_provider_call(${argument}, '${id}')`,
      predict: () => {
        if (!isKnown) return UNKNOWN_CALL;
        if (id === ' ') return { error: 'provider_call_id_is_given' };
        const known = call.provider_call_id;
        if (known !== null && known !== id) return { error: 'a_provider_call_id_is_set_once' };
        const others = Object.values(context.model.call_attempts);
        if (known === null && others.some(({ provider_call_id }) => provider_call_id === id)) {
          return { error: 'a_provider_call_id_is_used_once' };
        }
        const statements =
          known === null ? [[updateRow('call_attempts', name, { provider_call_id: id })]] : [];
        return { rows: [{ attempt_id: name, provider_call_id: id, changed: known === null }], statements };
      },
    };
  },
);

/** Records when a call was answered: the first report counts, and only a failed call may get one after its end. */
export const recordAnswered: fc.Arbitrary<ApiCall> = defineCall<Report & { time: ReportedTime }>(
  'record_answered',
  { ...report, time: reportedTime },
  ({ time, ...options }, context) => {
    const found = findCall(options, context);
    if (found === undefined) return undefined;
    const { name, call, argument, isKnown } = found;
    const at = minuteOf(time, call, context.now);
    const unchanged: Prediction = {
      rows: [{ attempt_id: name, answered_at: call.answered_at, ended_at: call.ended_at, changed: false }],
    };
    const changed = (answered_at: number): Prediction => ({
      rows: [{ attempt_id: name, answered_at, ended_at: call.ended_at, changed: true }],
      statements: [[updateRow('call_attempts', name, { answered_at })]],
    });
    return {
      sql: `voicesurvey.record_answered(${argument}, ${sqlOfTime(at)})`,
      predict: () => {
        if (!isKnown) return UNKNOWN_CALL;
        if (call.answered_at !== null) return unchanged;
        if (call.ended_at !== null) {
          const isLate =
            call.outcome === 'failed' && at !== null && at >= call.started_at - 1 && at <= call.ended_at + 1;
          return isLate ? changed(Math.min(Math.max(at, call.started_at), call.ended_at)) : unchanged;
        }
        const hangUp = context.model.hang_ups[name]?.ended_at ?? null;
        const answered_at = putInOrder(at, call.started_at, hangUp, context.now);
        return answered_at === undefined ? IMPLAUSIBLE : changed(answered_at);
      },
    };
  },
);

/** Notes that a call is over: it frees its slot, and ends when its outcome arrives. */
export const recordHangUp: fc.Arbitrary<ApiCall> = defineCall<Report & { time: ReportedTime }>(
  'record_hang_up',
  { ...report, time: reportedTime },
  ({ time, ...options }, context) => {
    const found = findCall(options, context);
    if (found === undefined) return undefined;
    const { name, call, argument, isKnown } = found;
    const at = minuteOf(time, call, context.now);
    const result = (ended_at: number, changed: boolean): unknown[] => [
      { attempt_id: name, answered_at: call.answered_at, ended_at, outcome: call.outcome, changed },
    ];
    return {
      sql: `voicesurvey.record_hang_up(${argument}, ${sqlOfTime(at)}, 'completed')`,
      predict: () => {
        if (!isKnown) return UNKNOWN_CALL;
        const known = call.ended_at ?? context.model.hang_ups[name]?.ended_at;
        if (known !== undefined) return { rows: result(known, false) };
        const ended_at = putInOrder(at, earliestEnd(call), null, context.now);
        if (ended_at === undefined) return IMPLAUSIBLE;
        const note = insertRow('hang_ups', name, { call_attempt_id: name, ended_at });
        return { rows: result(ended_at, true), statements: [[note]] };
      },
    };
  },
);

const eventOfContact = ({ model }: ApiContext, contact: string, call: string): string | null => {
  const events = Object.entries(model.events).filter(([, { contact_id }]) => contact_id === contact);
  const own = events.find(([, { call_attempt_id }]) => call_attempt_id === call);
  return (own ?? events[0])?.[0] ?? null;
};

interface Finish extends Report {
  readonly outcome: string;
  readonly time: ReportedTime;
  readonly answers: 'given' | 'omitted' | 'blank' | 'two';
  readonly confidences: string;
}

const ANSWERS: Readonly<Record<Finish['answers'], string>> = {
  given: "array['Friendly', '8 out of 10', '3']",
  omitted: 'null',
  blank: "array['Friendly', ' ', '3']",
  two: "array['Friendly', '8 out of 10']",
};

/** Ends a call with its outcome, and writes all that follows from it. */
export const finishCall: fc.Arbitrary<ApiCall> = defineCall<Finish>(
  'finish_call',
  {
    ...report,
    outcome: fc.constantFrom(...OUTCOMES, 'completed', 'completed'),
    time: reportedTime,
    answers: mostly('given', 'omitted', 'blank', 'two'),
    confidences: mostly('null', 'array[0.9, null, 1]', 'array[0.9, 2, 1]', 'array[0.5]'),
  },
  ({ outcome, time, answers, confidences, ...options }, context) => {
    const found = findCall(options, context);
    if (found === undefined) return undefined;
    const at = minuteOf(time, found.call, context.now);
    return {
      sql: `voicesurvey.finish_call(${found.argument}, '${outcome}', ${sqlOfTime(at)}, ${ANSWERS[answers]}, ${confidences})`,
      predict: ({ nameOf }) => {
        if (!found.isKnown) return UNKNOWN_CALL;
        const { name, call, contact } = found;
        const { contact_id, campaign_id } = call;
        const { model, now } = context;
        const event = eventOfContact(context, contact_id, name);
        const isReplaced = !isOpen(call) && isReplaceable(call, contact, event);
        if (!isOpen(call) && !isReplaced) return { rows: [whatStands(found, context, outcome)] };
        const isAnswered = ANSWERED_OUTCOMES.has(outcome);
        if (outcome === 'completed' && answers !== 'given') return { error: 'all_three_answers_are_present' };
        if (['no_answer', 'busy'].includes(outcome) && call.answered_at !== null) {
          return { error: 'outcome_agrees_with_answered_at' };
        }
        if (outcome === 'completed' && ['array[0.9, 2, 1]', 'array[0.5]'].includes(confidences)) {
          return { error: 'confidences_are_0_to_1' };
        }
        const finished = putInOrder(at, earliestEnd(call), null, now);
        if (finished === undefined) return IMPLAUSIBLE;
        const noted = model.hang_ups[name]?.ended_at;
        const ended_at = noted === undefined ? finished : Math.max(noted, earliestEnd(call));
        const state = stateAfterEnd(context, contact, outcome, isReplaced);
        const isFinal = isAnswered || (state === 'not_reached' && attemptsLeft(model, contact_id) === 0);
        const event_type = `survey.${state}`;
        const isPublished = state !== 'excluded' && isFinal;
        const eventName = isPublished ? nameOf('events', { contact_id, event_type }) : event;
        const writes: Write[] = [
          updateRow('call_attempts', name, {
            answered_at: call.answered_at ?? (isAnswered ? call.started_at : null),
            ended_at,
            outcome,
            error_code: null,
          }),
        ];
        if (state !== 'excluded') {
          writes.push(updateRow('contacts', contact_id, { state, last_outcome: outcome }));
          if (outcome === 'completed') {
            writes.push(
              insertRow('survey_responses', nameOf('survey_responses', { contact_id }), {
                contact_id,
                campaign_id,
                call_attempt_id: name,
                q2_answer: '8 out of 10',
                completed_at: finished,
              }),
            );
          }
          if (isFinal) {
            writes.push(
              insertRow('events', eventName ?? '', {
                event_type,
                contact_id,
                campaign_id,
                call_attempt_id: name,
              }),
            );
          }
        }
        return {
          rows: [
            {
              ...{ verdict: isReplaced ? 'replaced' : 'ended', attempt_id: name, contact_id },
              ...{ outcome, error_code: null, ended_at, contact_state: state, event_id: eventName },
              attempts_left: ['completed', 'refused', 'excluded'].includes(state)
                ? 0
                : attemptsLeft(
                    { ...model, contacts: { ...model.contacts, [contact_id]: { ...contact, state } } },
                    contact_id,
                  ),
            },
          ],
          statements: writes.map((write) => [write]),
          api: (api) => ({
            ...api,
            unpublished_ends: filterRows(api.unpublished_ends, (_, closed) => !isReplaced || closed !== name),
          }),
        };
      },
    };
  },
);

/** Whether an end that is reported later replaces the one of a call: nobody reported it, and nothing followed from it. */
const isReplaceable = (call: Call, contact: Contact, event: string | null): boolean =>
  call.error_code === NO_END_REPORTED &&
  !ANSWERED_OUTCOMES.has(call.outcome ?? '') &&
  call.attempt_number === contact.attempts_count &&
  event === null;

function stateAfterEnd(
  { model }: ApiContext,
  contact: Contact,
  outcome: string,
  isReplaced: boolean,
): string {
  if (contact.state === 'excluded') return 'excluded';
  if (ANSWERED_OUTCOMES.has(outcome)) return outcome;
  if (isReplaced) return contact.state;
  const limit = model.campaigns[contact.campaign_id]?.max_attempts ?? 0;
  return contact.attempts_count < limit ? 'pending' : 'not_reached';
}

/** What finish_call returns of a call that has ended, and close_stale_call in the same columns. */
const whatStands = ({ name, call, contact }: ReportedCall, context: ApiContext, outcome: string): object => ({
  verdict: call.outcome === outcome ? 'ended_before' : 'ended_otherwise',
  attempt_id: name,
  contact_id: call.contact_id,
  outcome: call.outcome,
  error_code: call.error_code,
  ended_at: call.ended_at,
  contact_state: contact.state,
  attempts_left: attemptsLeft(context.model, call.contact_id),
  event_id: eventOfContact(context, call.contact_id, name),
});

/** Ends a call whose end nobody reported; of the last attempt, an hour later it publishes not_reached. */
export const closeStaleCall: fc.Arbitrary<ApiCall> = defineCall<Report & { isClosed: boolean }>(
  'close_stale_call',
  { ...report, isClosed: fc.boolean() },
  ({ isClosed, ...options }, context) => {
    const [closedName] = isClosed ? Object.keys(context.api.unpublished_ends) : [];
    const index = Object.keys(context.model.call_attempts)
      .toReversed()
      .indexOf(closedName ?? '');
    const found = findCall(index >= 0 ? { ...options, call: index, isOpen: false } : options, context);
    if (found === undefined) return undefined;
    return {
      sql: `voicesurvey.close_stale_call(${found.argument})`,
      predict: ({ nameOf }) => {
        if (!found.isKnown) return UNKNOWN_CALL;
        return isOpen(found.call) ? predictClose(found, context) : predictSecondClose(found, context, nameOf);
      },
    };
  },
);

function predictClose({ name, call, contact }: ReportedCall, context: ApiContext): Prediction {
  const { model, now } = context;
  const { contact_id } = call;
  const ended_at = Math.max(model.hang_ups[name]?.ended_at ?? now, earliestEnd(call));
  const state = stateAfterEnd(context, contact, 'failed', false);
  const isUnpublished = state === 'not_reached';
  return {
    rows: [
      {
        ...{
          verdict: 'closed',
          attempt_id: name,
          contact_id,
          outcome: 'failed',
          error_code: NO_END_REPORTED,
        },
        ...{ ended_at, contact_state: state, event_id: null },
        attempts_left: state === 'excluded' ? 0 : attemptsLeft(model, contact_id),
      },
    ],
    statements: [
      [updateRow('call_attempts', name, { ended_at, outcome: 'failed', error_code: NO_END_REPORTED })],
      ...(state === 'excluded'
        ? []
        : [[updateRow('contacts', contact_id, { state, last_outcome: 'failed' })]]),
    ],
    api: (api) =>
      isUnpublished
        ? { ...api, unpublished_ends: { ...api.unpublished_ends, [name]: { closed_at: now } } }
        : api,
  };
}

function predictSecondClose(
  found: ReportedCall,
  context: ApiContext,
  nameOf: (table: 'events', columns: { contact_id: string; event_type: string }) => string,
): Prediction {
  const { name, call, contact } = found;
  const { contact_id, campaign_id } = call;
  const closed = context.api.unpublished_ends[name];
  const stands = { ...whatStands(found, context, call.outcome ?? ''), verdict: 'ended_before' };
  if (closed === undefined || closed.closed_at > context.now - 60) return { rows: [stands] };
  const isPublished =
    eventOfContact(context, contact_id, name) === null &&
    call.error_code === NO_END_REPORTED &&
    contact.state === 'not_reached' &&
    attemptsLeft(context.model, contact_id) === 0 &&
    contact.attempts_count === call.attempt_number;
  const event_type = 'survey.not_reached';
  const event = isPublished ? nameOf('events', { contact_id, event_type }) : '';
  return {
    rows: [isPublished ? { ...stands, verdict: 'published', event_id: event } : stands],
    statements: isPublished
      ? [[insertRow('events', event, { event_type, contact_id, campaign_id, call_attempt_id: name })]]
      : [],
    api: (api) => ({
      ...api,
      unpublished_ends: filterRows(api.unpublished_ends, (_, other) => other !== name),
    }),
  };
}

/** The calls to ask the provider about: open ones, and those closed an hour ago whose result is not published. */
export const staleCalls: fc.Arbitrary<ApiCall> = defineCall<{ minutes: number }>(
  'stale_calls',
  { minutes: fc.constantFrom(0, 30, 90) },
  ({ minutes }, context) => ({
    sql: `voicesurvey.stale_calls('${minutes} min')`,
    predict: ({ rows }) => {
      const { model, api, now } = context;
      const open = Object.entries(model.call_attempts)
        .filter(([, call]) => isOpen(call) && call.started_at <= now - minutes)
        .map(([name, { started_at }]) => ({
          attempt_id: name,
          started_at,
          hung_up_at: model.hang_ups[name]?.ended_at ?? null,
          closed_at: null,
        }));
      const closed = Object.entries(api.unpublished_ends).flatMap(([name, { closed_at }]) => {
        const call = model.call_attempts[name];
        return call?.error_code !== NO_END_REPORTED ||
          closed_at > now - Math.max(minutes, 60) ||
          eventOfContact(context, call.contact_id, name) !== null
          ? []
          : [{ attempt_id: name, started_at: call.started_at, hung_up_at: null, closed_at }];
      });
      // Calls that started in the same minute have no order.
      const orderOf = new Map(rows.map(({ attempt_id }, index) => [attempt_id, index]));
      const rank = (row: { attempt_id: string }): number => orderOf.get(row.attempt_id) ?? -1;
      return {
        rows: [...open, ...closed].toSorted(
          (one, other) => one.started_at - other.started_at || rank(one) - rank(other),
        ),
      };
    },
  }),
);
