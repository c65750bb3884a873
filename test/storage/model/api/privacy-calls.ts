import fc from 'fast-check';
import { deleteRow, mostly, pick, rarelyTrue, rowIndex } from '../action.js';
import { expired, METADATA_IS_EMPTY } from '../effects.js';
import { PHONES, type Table } from '../model.js';
import { executeStatements } from '../segment.js';
import {
  type ApiCall,
  type ApiContext,
  campaignArgument,
  defineCall,
  type Prediction,
  quote,
  UNKNOWN_ID,
} from './call.js';
import { type ApiState, filterRows, followStatements, hasRecording, statisticsOf } from './state.js';

/** The days after which recordings expire, as in the configuration. */
export const RECORDING_DAYS = 3;

function predictErasure({ model, api, now }: ApiContext, contacts: readonly string[]): Prediction {
  const count = (table: Table): number =>
    Object.values(model[table]).filter((row) =>
      contacts.includes(String((row as { contact_id?: unknown }).contact_id)),
    ).length;
  const calls = Object.entries(model.call_attempts).filter(([, { contact_id }]) =>
    contacts.includes(contact_id),
  );
  const names = calls.map(([name]) => name);
  const ids = calls.flatMap(([, { provider_call_id }]) => provider_call_id ?? []);
  const statements = contacts.length === 0 ? [] : [contacts.map((name) => deleteRow('contacts', name))];
  const { recordings } = followStatements(api, executeStatements(model, statements).statements, now);
  return {
    rows: [
      {
        contacts_deleted: contacts.length,
        call_attempts_deleted: calls.length,
        survey_responses_deleted: count('survey_responses'),
        events_deleted: count('events'),
        email_notifications_deleted: count('email_notifications'),
        transcript_snippets_deleted: Object.values(model.transcript_snippets).filter(({ call_attempt_id }) =>
          names.includes(call_attempt_id),
        ).length,
        recordings: ids.filter((id) => id in recordings).toSorted(),
      },
    ],
    statements,
  };
}

/** Erases the contacts of a number. */
export const erasePerson: fc.Arbitrary<ApiCall> = defineCall<{ number: string }>(
  'erase_person',
  { number: fc.constantFrom(...PHONES, '+0') },
  ({ number }, context) => ({
    sql: `voicesurvey.erase_person(${quote(number)})`,
    predict: () =>
      number === '+0'
        ? { error: 'number_is_e164' }
        : predictErasure(
            context,
            Object.entries(context.model.contacts)
              .filter(([, { phone_number }]) => phone_number === number)
              .map(([name]) => name),
          ),
  }),
);

/** Erases one contact. */
export const eraseContact: fc.Arbitrary<ApiCall> = defineCall<{ contact: number; isUnknown: boolean }>(
  'erase_contact',
  { contact: rowIndex, isUnknown: rarelyTrue },
  ({ contact: index, isUnknown }, context) => {
    const name = isUnknown ? undefined : pick(Object.keys(context.model.contacts), index);
    return {
      sql: `voicesurvey.erase_contact(${name === undefined ? `'${UNKNOWN_ID}'` : `:${name}`})`,
      predict: () => predictErasure(context, name === undefined ? [] : [name]),
    };
  },
);

/** Deletes expired transcripts and empties expired metadata. */
export const purgeExpired: fc.Arbitrary<ApiCall> = defineCall<Record<never, never>>(
  'purge_expired',
  {},
  (_, { model, now }) => ({
    sql: 'voicesurvey.purge_expired()',
    predict: () => ({
      rows: [
        {
          transcripts_deleted: expired(model, now).transcripts.length,
          metadata_emptied: expired(model, now).calls.filter(
            (name) => model.call_attempts[name]?.metadata !== METADATA_IS_EMPTY,
          ).length,
        },
      ],
      statements: [[{ kind: 'purge', at: now }]],
    }),
  }),
);

/** The recordings to delete after the expired ones were searched. */
function searchRecordings({
  model,
  api,
  now,
}: ApiContext): Pick<ApiState, 'recordings' | 'recordings_read_until'> {
  const starts = Object.values(model.call_attempts).map(({ started_at }) => started_at);
  const begin = api.recordings_read_until ?? (starts.length === 0 ? null : Math.min(...starts) - 1440);
  const end = now - RECORDING_DAYS * 1440;
  if (begin === null || begin >= end || Object.keys(model.provider_configs).length === 0) {
    return { recordings: api.recordings, recordings_read_until: begin };
  }
  const found = Object.values(model.call_attempts)
    .filter(
      ({ started_at, outcome, provider_call_id }) =>
        started_at >= begin && started_at < end && provider_call_id !== null && hasRecording(outcome),
    )
    .map(({ provider_call_id }) => [provider_call_id, { due_at: now * 60 }]);
  return { recordings: { ...Object.fromEntries(found), ...api.recordings }, recordings_read_until: end };
}

/** Leases the recordings of erased calls and of expired ones. */
export const expiredRecordings: fc.Arbitrary<ApiCall> = defineCall<{ atMost: number; lease: number }>(
  'expired_recordings',
  { atMost: mostly(100, 0), lease: fc.constantFrom(30, 60) },
  ({ atMost, lease }, context) => ({
    sql: `voicesurvey.expired_recordings(${atMost}, '${lease} min')`,
    predict: ({ rows }) => {
      if (atMost === 0) return { rows: [] };
      const { now } = context;
      const { recordings, recordings_read_until } = searchRecordings(context);
      const due = Object.keys(filterRows(recordings, ({ due_at }) => due_at <= now * 60));
      const leased = due.map((id) => [id, { due_at: (now + lease) * 60 }]);
      return {
        problem:
          due.toSorted().join() === rows.map(String).toSorted().join()
            ? null
            : `due are ${due}, and handed out were ${rows}`,
        api: (api) => ({
          ...api,
          recordings_read_until,
          recordings: { ...recordings, ...Object.fromEntries(leased) },
        }),
      };
    },
  }),
);

/** Reports that a recording was deleted at the provider. */
export const recordingDeleted: fc.Arbitrary<ApiCall> = defineCall<{ recording: number; isUnknown: boolean }>(
  'recording_deleted',
  { recording: rowIndex, isUnknown: rarelyTrue },
  ({ recording, isUnknown }, { api }) => {
    const id = isUnknown ? 'unknown' : pick(Object.keys(api.recordings), recording);
    if (id === undefined) return undefined;
    return {
      sql: `voicesurvey.recording_deleted(${quote(id)})`,
      predict: () => ({
        rows: [id in api.recordings],
        api: (state) => ({ ...state, recordings: filterRows(state.recordings, (_, other) => other !== id) }),
      }),
    };
  },
);

/** Reads the counts of a campaign, with those of what was erased. */
export const campaignStatistics: fc.Arbitrary<ApiCall> = defineCall<{ campaign: number }>(
  'campaign_statistics',
  { campaign: rowIndex },
  ({ campaign }, { model, api }) => {
    const name = pick(Object.keys(model.campaigns), campaign);
    return {
      sql: `voicesurvey.campaign_statistics(${campaignArgument(name)})`,
      predict: () =>
        name === undefined ? { error: 'campaign_is_known' } : { rows: [statisticsOf(model, api, name)] },
    };
  },
);
