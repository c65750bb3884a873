import fc from 'fast-check';
import {
  type Context,
  defineAction,
  deleteRow,
  insertRow,
  mostly,
  pick,
  rarelyTrue,
  rowIndex,
  updateRow,
} from './action.js';
import { callsOf, type SurveyEvent } from './model.js';
import type { Insert, Write } from './write.js';

const PUBLISHED_STATES = ['completed', 'refused', 'not_reached'];

/** The event of a contact's state; none if the state has no event. */
export const eventOf = (
  contact_id: string,
  { campaign_id }: { readonly campaign_id: string },
  state: string,
  call_attempt_id: string | null,
  { createName }: Context,
): Insert<SurveyEvent>[] =>
  PUBLISHED_STATES.includes(state)
    ? [
        insertRow('events', createName('event'), {
          event_type: `survey.${state}`,
          contact_id,
          campaign_id,
          call_attempt_id,
        }),
      ]
    : [];

/** Publishes the state of a contact with its latest call; sometimes with its first, which may be deleted as well. */
export const publishEvent = defineAction<{ contact: number; isAny: boolean; call: string }>(
  'publish an event',
  { contact: rowIndex, isAny: rarelyTrue, call: mostly('latest', 'first', 'first, deleted') },
  ({ contact: index, isAny, call: choice }, context) => {
    const { model } = context;
    const unpublished = Object.entries(model.contacts).filter(
      ([name, { state }]) =>
        isAny ||
        (PUBLISHED_STATES.includes(state) &&
          Object.values(model.events).every(({ contact_id }) => contact_id !== name)),
    );
    const [name, contact] = pick(unpublished, index) ?? [];
    if (name === undefined || contact === undefined) return [];
    const [call] = callsOf(model, name).at(choice === 'latest' ? -1 : 0) ?? [];
    return [
      ...eventOf(name, contact, contact.state, call ?? null, context),
      ...(choice === 'first, deleted' && call !== undefined ? [deleteRow('call_attempts', call)] : []),
    ];
  },
);

/** The e-mail of an event, in the campaign's language; none if there is no template. */
export function emailOf(event_id: string, event: SurveyEvent, { model, createName }: Context): Write[] {
  const { contact_id, campaign_id } = event;
  const [template_id] =
    Object.entries(model.email_templates).find(
      ([, { type, locale }]) =>
        `survey.${type}` === event.event_type && locale === model.campaigns[campaign_id]?.language,
    ) ?? [];
  const to_email = model.contacts[contact_id]?.email;
  return template_id === undefined || to_email === undefined
    ? []
    : [
        insertRow('email_notifications', createName('email'), {
          event_id,
          contact_id,
          campaign_id,
          template_id,
          to_email,
          status: 'pending',
        }),
      ];
}

export const writeEmail = defineAction<{ event: number; isAny: boolean }>(
  'write an e-mail',
  { event: rowIndex, isAny: rarelyTrue },
  ({ event: index, isAny }, context) => {
    const { events, email_notifications } = context.model;
    const withoutEmail = Object.entries(events).filter(
      ([name]) => isAny || Object.values(email_notifications).every(({ event_id }) => event_id !== name),
    );
    const [name, event] = pick(withoutEmail, index) ?? [];
    return name === undefined || event === undefined ? [] : emailOf(name, event, context);
  },
);

export const changeEmailStatus = defineAction<{ email: number; status: string }>(
  'change the status of an e-mail',
  { email: rowIndex, status: fc.constantFrom('sent', 'sent', 'failed', 'pending') },
  ({ email, status }, { model }) => {
    const [name] = pick(Object.entries(model.email_notifications).toReversed(), email) ?? [];
    return name === undefined ? [] : [updateRow('email_notifications', name, { status })];
  },
);
