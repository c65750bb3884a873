import { type Context, insertRow } from './action.js';
import { type Call, type Contact, isOpen, type Model } from './model.js';
import type { Write } from './write.js';

export const OUTCOMES = ['completed', 'refused', 'no_answer', 'busy', 'failed'];
export const ANSWERED_OUTCOMES: ReadonlySet<string> = new Set(['completed', 'refused']);

/** The contacts that a scheduler would claim; or all. */
export const callableContacts = (model: Model, isAny: boolean): [string, Contact][] =>
  Object.entries(model.contacts).filter(([, { state, campaign_id, attempts_count }]) => {
    const campaign = model.campaigns[campaign_id];
    const isWaiting = ['pending', 'not_reached'].includes(state) && campaign?.status === 'running';
    return isAny || (isWaiting && attempts_count < campaign.max_attempts);
  });

export const findCalls = (model: Model, matches: (call: Call) => boolean): [string, Call][] =>
  Object.entries(model.call_attempts).filter(([, call]) => matches(call));

export const openCalls = (model: Model): [string, Call][] => findCalls(model, isOpen);

/** The state of a contact after a number of attempts, the last of which had an outcome. */
export function stateAfter(
  { campaigns }: Model,
  contact: Contact,
  attempts: number,
  outcome: string,
): string {
  if (contact.state === 'excluded') return 'excluded';
  if (ANSWERED_OUTCOMES.has(outcome)) return outcome;
  return attempts < (campaigns[contact.campaign_id]?.max_attempts ?? 0) ? 'pending' : 'not_reached';
}

export const responseOf = (
  { contact_id, campaign_id }: Call,
  call_attempt_id: string,
  { now, createName }: Context,
  q2_answer = 'eight, I think',
): Write =>
  insertRow('survey_responses', createName('response'), {
    contact_id,
    campaign_id,
    call_attempt_id,
    q2_answer,
    completed_at: now,
  });

export const transcriptOf = (call_attempt_id: string, created_at: number, { createName }: Context): Write =>
  insertRow('transcript_snippets', createName('transcript'), { call_attempt_id, created_at });

/** A call that starts now: open, or ended with an outcome. */
export const newCall = (
  contact_id: string,
  { campaign_id }: Contact,
  attempt_number: number,
  now: number,
  outcome?: string,
): Call => ({
  contact_id,
  campaign_id,
  attempt_number,
  provider_call_id: null,
  started_at: now,
  answered_at: ANSWERED_OUTCOMES.has(outcome ?? '') ? now : null,
  ended_at: outcome === undefined ? null : now,
  outcome: outcome ?? null,
  error_code: null,
  metadata: '{"status": "ringing"}',
});

/** The error code of an end that no webhook reported. */
export const NO_END_REPORTED = 'NO_END_REPORTED';

/** Returns the outcome if a call can have it, answered or not as it is; else a similar one. */
export function fittingOutcome(outcome: string, isAnswered: boolean): string {
  const replacements = isAnswered
    ? { no_answer: 'completed', busy: 'refused' }
    : { completed: 'no_answer', refused: 'busy' };
  return new Map(Object.entries(replacements)).get(outcome) ?? outcome;
}
