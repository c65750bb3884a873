import fc from 'fast-check';
import { insertRow, mostly, pick, rowIndex, updateRow } from '../action.js';
import type { Model, Rows } from '../model.js';
import type { Write } from '../write.js';
import {
  type ApiCall,
  type ApiContext,
  defineCall,
  type Prediction,
  type ResultRow,
  UNKNOWN_ID,
} from './call.js';
import { type ApiState, CONSUMERS, type Delivery, filterRows, templateOf } from './state.js';

const leases = { atMost: mostly(100, 1, 0), lease: fc.constantFrom(5, 60) };

/** The names of what is due, the earliest first. */
const dueNames = (rows: Rows<{ due_at: number }>, now: number): [name: string, due_at: number][] =>
  Object.entries(rows)
    .filter(([, { due_at }]) => due_at <= now * 60)
    .map(([name, { due_at }]): [string, number] => [name, due_at])
    .toSorted(([, one], [, other]) => one - other);

/** What is wrong with a choice among what is due; null if nothing is. What is due at the same time has no order. */
function findWrongChoice(
  due: readonly [name: string, due_at: number][],
  atMost: number,
  chosen: readonly string[],
): string | null {
  const times = chosen.map((name) => due.find(([other]) => other === name)?.[1] ?? Number.NaN);
  const expected = due.slice(0, atMost).map(([, due_at]) => due_at);
  const isRight =
    new Set(chosen).size === chosen.length && times.toSorted((a, b) => a - b).join() === expected.join();
  return isRight ? null : `due are ${due.map(([name]) => name)}, and handed out were ${chosen}`;
}

const changeRow = <R>(rows: Rows<R>, name: string, change: (row: R) => R): Rows<R> => {
  const row = rows[name];
  return row === undefined ? rows : { ...rows, [name]: change(row as R) as Readonly<R> };
};

/** Leases the events that a consumer has not received. */
export const claimEvents: fc.Arbitrary<ApiCall> = defineCall<{
  consumer: string;
  atMost: number;
  lease: number;
}>(
  'claim_events',
  { consumer: mostly<string>(...CONSUMERS, 'nobody'), ...leases },
  ({ consumer, atMost, lease }, { model, api, now }) => ({
    sql: `voicesurvey.claim_events('${consumer}', ${atMost}, '${lease} min')`,
    predict: ({ rows }) => {
      if (consumer === 'nobody') return { error: 'consumer_is_registered' };
      const own = filterRows(
        api.deliveries,
        ({ is_dead }, name) => !is_dead && name.startsWith(`${consumer} `),
      );
      const claimed = rows.map(({ event_id }) => `${consumer} ${event_id}`);
      const lend = (row: Delivery): Delivery => ({
        ...row,
        due_at: (now + lease) * 60,
        deliveries_count: row.deliveries_count + 1,
      });
      return {
        problem: findWrongChoice(dueNames(own, now), atMost, claimed),
        rows: rows.map((row, index) => payloadOf(model, row, own[claimed[index] ?? ''])),
        api: (state: ApiState) => ({
          ...state,
          deliveries: claimed.reduce((all, name) => changeRow(all, name, lend), state.deliveries),
        }),
      };
    },
  }),
);

/** What an event announces. */
function payloadOf(model: Model, { event_id }: ResultRow, delivery: Delivery | undefined): object {
  const event = model.events[String(event_id)];
  const call = model.call_attempts[event?.call_attempt_id ?? ''];
  const answers = Object.values(model.survey_responses).find(
    ({ contact_id }) => contact_id === event?.contact_id && event.event_type === 'survey.completed',
  );
  return {
    ...{ event_id, event_type: event?.event_type, contact_id: event?.contact_id },
    ...{ campaign_id: event?.campaign_id, call_attempt_id: event?.call_attempt_id },
    ...{ outcome: call?.outcome ?? null, ended_at: call?.ended_at ?? null },
    attempts_count: model.contacts[event?.contact_id ?? '']?.attempts_count,
    q2_answer: answers?.q2_answer ?? null,
    deliveries_count: (delivery?.deliveries_count ?? 0) + 1,
  };
}

interface Delivered {
  readonly delivery: number;
  readonly isUnknown: boolean;
}

const delivered = { delivery: rowIndex, isUnknown: mostly(false, true) };

/** A delivery, claimed or not; or one that has ended. */
function findDelivery({ delivery, isUnknown }: Delivered, { api, model }: ApiContext) {
  const name = isUnknown ? undefined : pick(Object.keys(api.deliveries), delivery);
  const [consumer = CONSUMERS[0], event] = name?.split(' ') ?? [];
  const anyEvent = pick(Object.keys(model.events), delivery);
  const id = event ?? anyEvent;
  const found = `${consumer} ${id}`;
  return {
    name: found,
    row: api.deliveries[found] as Delivery | undefined,
    argument: `'${consumer}', ${id === undefined ? `'${UNKNOWN_ID}'` : `:${id}`}`,
  };
}

/** Confirms the delivery of an event. */
export const eventDelivered: fc.Arbitrary<ApiCall> = defineCall<Delivered>(
  'event_delivered',
  delivered,
  (options, context) => {
    const { name, row, argument } = findDelivery(options, context);
    return {
      sql: `voicesurvey.event_delivered(${argument})`,
      predict: () => ({
        rows: [row !== undefined],
        api: (api) => ({ ...api, deliveries: filterRows(api.deliveries, (_, other) => other !== name) }),
      }),
    };
  },
);

/** Reports that an event could not be processed: it is due again after a pause, and dead after the tenth time. */
export const eventFailed: fc.Arbitrary<ApiCall> = defineCall<Delivered>(
  'event_failed',
  delivered,
  (options, context) => {
    const { name, row, argument } = findDelivery(options, context);
    return {
      sql: `voicesurvey.event_failed(${argument}, 'unavailable')`,
      predict: () => {
        const count = row?.deliveries_count ?? 0;
        const pause = Math.min(10 * 2 ** Math.max(count - 1, 0), 3600);
        const due_at = context.now * 60 + pause;
        const is_dead = count >= 10;
        return {
          rows: [row === undefined || is_dead ? null : due_at / 60],
          api: (api) => ({
            ...api,
            deliveries: changeRow(api.deliveries, name, (each) => ({ ...each, due_at, is_dead })),
          }),
        };
      },
    };
  },
);

/** Makes the dead events of a consumer due again. */
export const retryDeadEvents: fc.Arbitrary<ApiCall> = defineCall<{ consumer: string }>(
  'retry_dead_events',
  { consumer: fc.constantFrom(...CONSUMERS) },
  ({ consumer }, { api, now }) => ({
    sql: `voicesurvey.retry_dead_events('${consumer}')`,
    predict: () => {
      const dead = Object.keys(
        filterRows(api.deliveries, ({ is_dead }, name) => is_dead && name.startsWith(`${consumer} `)),
      );
      const revive = (): Delivery => ({ due_at: now * 60, deliveries_count: 0, is_dead: false });
      return {
        rows: [dead.length],
        api: (state) => ({
          ...state,
          deliveries: dead.reduce((all, name) => changeRow(all, name, revive), state.deliveries),
        }),
      };
    },
  }),
);

/** Leases the e-mails that are due, and inserts each when it is handed out first. */
export const claimEmails: fc.Arbitrary<ApiCall> = defineCall<{ atMost: number; lease: number }>(
  'claim_emails',
  leases,
  ({ atMost, lease }, context) => ({
    sql: `voicesurvey.claim_emails(${atMost}, '${lease} min')`,
    predict: (observed) => predictEmails(context, atMost, lease, observed.rows),
  }),
);

function predictEmails(
  { model, api, now }: ApiContext,
  atMost: number,
  lease: number,
  rows: readonly ResultRow[],
): Prediction {
  const due = dueNames(api.email_queue, now);
  const claimedRows = new Map(rows.map((row) => [String(row.event_id), row]));
  // With a limit, what is not handed out is not looked at either, unless it is due earlier.
  const isLimited = atMost < due.length;
  const last = due[atMost - 1]?.[1] ?? Number.NEGATIVE_INFINITY;
  const writes: Write[] = [];
  let queue = api.email_queue;
  const expected: object[] = [];
  for (const [event] of isLimited ? due.filter(([, due_at]) => due_at <= last).slice(0, atMost) : due) {
    const queued = queue[event];
    if (queued === undefined) continue;
    const row = claimedRows.get(event);
    const known = queued.notification_id;
    const fate = fateOf(model, event, known, queued.sends_count);
    if (fate !== 'sent') {
      queue = filterRows(queue, (_, other) => other !== event);
      if (fate === 'failed' && known !== null) {
        writes.push(updateRow('email_notifications', known, { status: 'failed' }));
      }
      continue;
    }
    const { contact_id = '', campaign_id = '' } = model.events[event] ?? {};
    const to_email = model.contacts[contact_id]?.email ?? '';
    const name = known ?? String(row?.notification_id);
    const email = model.email_notifications[name];
    if (known === null) {
      writes.push(
        insertRow('email_notifications', name, {
          event_id: event,
          contact_id,
          campaign_id,
          template_id: String(row?.template_id),
          to_email,
          status: 'pending',
        }),
      );
    }
    queue = changeRow(queue, event, ({ sends_count }) => ({
      notification_id: name,
      due_at: (now + lease) * 60,
      sends_count: sends_count + 1,
    }));
    const template_id = email?.template_id ?? String(row?.template_id);
    expected.push({
      notification_id: name,
      event_id: event,
      to_email: email?.to_email ?? to_email,
      template_id: isRightTemplate(model, event, template_id) || email !== undefined ? template_id : 'wrong',
      locale: model.email_templates[template_id]?.locale,
      sends_count: queued.sends_count + 1,
    });
  }
  const order = new Map(rows.map(({ event_id }, index) => [event_id, index]));
  return {
    rows: (expected as { event_id: string }[]).toSorted(
      (one, other) => (order.get(one.event_id) ?? 0) - (order.get(other.event_id) ?? 0),
    ),
    statements: writes.map((write) => [write]),
    api: (state) => ({ ...state, email_queue: queue }),
  };
}

/** What becomes of a queued e-mail that is due: it is sent, fails for good, or is not sent at all. */
function fateOf(
  model: Model,
  event: string,
  known: string | null,
  sends: number,
): 'sent' | 'failed' | 'left' {
  if (known !== null) {
    if (model.email_notifications[known]?.status !== 'pending') return 'left';
    return sends >= 4 ? 'failed' : 'sent';
  }
  const isWritten = Object.values(model.email_notifications).some(({ event_id }) => event_id === event);
  const { event_type = '', campaign_id = '' } = model.events[event] ?? {};
  return isWritten || templateOf(model, event_type, campaign_id) === null ? 'left' : 'sent';
}

/** Whether a template is the campaign's, or one of its type in the contact's language if there is one. */
function isRightTemplate(model: Model, event: string, name: string): boolean {
  const { event_type = '', campaign_id = '', contact_id = '' } = model.events[event] ?? {};
  const chosen = templateOf(model, event_type, campaign_id) ?? '';
  const { type, locale } = model.email_templates[chosen] ?? {};
  const language = model.contacts[contact_id]?.preferred_language;
  const fitting = Object.entries(model.email_templates)
    .filter(([, template]) => template.type === type && template.locale === language && language !== locale)
    .map(([template]) => template);
  return fitting.length > 0 ? fitting.includes(name) : name === chosen;
}

interface Sent {
  readonly email: number;
  readonly isUnknown: boolean;
}

const sent = { email: rowIndex, isUnknown: mostly(false, true) };

const findEmail = ({ email, isUnknown }: Sent, { model }: ApiContext) => {
  const name = isUnknown ? undefined : pick(Object.keys(model.email_notifications).toReversed(), email);
  return {
    name,
    row: model.email_notifications[name ?? ''],
    argument: name === undefined ? `'${UNKNOWN_ID}'` : `:${name}`,
  };
};

const withoutEvent = (api: ApiState, event: string): ApiState => ({
  ...api,
  email_queue: filterRows(api.email_queue, (_, other) => other !== event),
});

/** Reports that an e-mail was sent. */
export const emailSent: fc.Arbitrary<ApiCall> = defineCall<Sent>('email_sent', sent, (options, context) => {
  const { name, row, argument } = findEmail(options, context);
  return {
    sql: `voicesurvey.email_sent(${argument}, 'message')`,
    predict: () =>
      name === undefined || row === undefined
        ? { rows: [null] }
        : {
            rows: ['sent'],
            statements:
              row.status === 'sent' ? [] : [[updateRow('email_notifications', name, { status: 'sent' })]],
            api: (api) => withoutEvent(api, row.event_id),
          },
  };
});

/** Reports that an e-mail could not be sent: it is due again after 1, 10 and 100 minutes, and then it has failed. */
export const emailFailed: fc.Arbitrary<ApiCall> = defineCall<Sent>(
  'email_failed',
  sent,
  (options, context) => {
    const { name, row, argument } = findEmail(options, context);
    return {
      sql: `voicesurvey.email_failed(${argument}, 'full')`,
      predict: () => {
        if (name === undefined || row === undefined) return { rows: [null] };
        if (row.status !== 'pending') return { rows: [row.status] };
        const sends = context.api.email_queue[row.event_id]?.sends_count ?? 0;
        if (sends >= 1 && sends <= 3) {
          const due_at = (context.now + 10 ** (sends - 1)) * 60;
          return {
            rows: ['pending'],
            api: (api) => ({
              ...api,
              email_queue: changeRow(api.email_queue, row.event_id, (queued) => ({ ...queued, due_at })),
            }),
          };
        }
        return {
          rows: ['failed'],
          statements: [[updateRow('email_notifications', name, { status: 'failed' })]],
          api: (api) => withoutEvent(api, row.event_id),
        };
      },
    };
  },
);
